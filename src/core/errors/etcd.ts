/** What can go wrong between us and etcd, whichever store is kept there. */
import { defineError } from './define.ts';

const list = (endpoints: readonly string[]) => endpoints.join(', ');

/** No member answered in time. A write that was under way may or may not have happened. */
export const EtcdUnreachable = defineError<{ endpoints: readonly string[]; doing: string }>({
  code: 'ETCD_UNREACHABLE',
  status: 503,
  message: ({ endpoints, doing }) => `etcd did not answer (${doing}) at ${list(endpoints)}`,
  remedy: ({ endpoints }) =>
    `Check that etcd runs and has a majority of its members: etcdctl --endpoints ${endpoints.join(',')} endpoint health.`,
});

/** A member answered, and will not do this for us: wrong user or password, or no permission. */
export const EtcdDenied = defineError<{ doing: string; reason: string }>({
  code: 'ETCD_DENIED',
  status: 503,
  message: ({ doing, reason }) => `etcd refused (${doing}): ${reason}`,
  remedy: () =>
    'Check the user name, the password and the certificates that are configured for etcd, and the roles of that user.',
});

/** The lease that a write was bound to has run out or was revoked; nothing was written. */
export const EtcdLeaseGone = defineError<{ lease: string }>({
  code: 'ETCD_LEASE_GONE',
  status: 503,
  message: ({ lease }) => `etcd lease ${lease} does not exist any more`,
  remedy: () =>
    'Nothing needs doing: its holder takes a new lease. If it comes often, etcd or this machine is overloaded.',
});

/** A file with a certificate or a key, which etcd would be asked with; nobody was asked. */
export const EtcdCredentialsUnusable = defineError<{ path: string; why: string }>({
  code: 'ETCD_CREDENTIALS_UNUSABLE',
  message: ({ path, why }) => `cannot use ${path} for etcd: ${why}`,
  remedy: () => 'Name PEM files that this user can read: the authority, or a certificate together with its own key.',
});
