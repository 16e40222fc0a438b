/** What can go wrong with the tree of service records. */
import { defineError } from './define.ts';

/** The store did not answer, or refused. A write that was under way may or may not have happened. */
export const RecordStoreUnreachable = defineError<{ doing: string }>({
  code: 'RECORD_STORE_UNREACHABLE',
  status: 503,
  message: ({ doing }) => `the service records are out of reach (${doing})`,
  remedy: () => 'Check that etcd runs and has a majority of its members: etcdctl endpoint health.',
});
