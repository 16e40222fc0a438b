/** Service records as plain keys of etcd v3, where SkyDNS and CoreDNS look for them too. */
import { type Millis, ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { RecordStoreUnreachable } from '../../core/errors/record-store.ts';
import type { Clock } from '../clock/index.ts';
import { type Etcd, isKept, type KeyValue, type LeaseId } from '../etcd/index.ts';
import type { RecordSession, RecordStore, RecordsEvent, StoredRecord } from './index.ts';

export interface RecordStoreParts {
  readonly etcd: Etcd;
  readonly clock: Clock;
}

/** Disposing the store disposes the client that it was given. */
export function recordStoreOn({ etcd, clock }: RecordStoreParts): RecordStore {
  const expiryOf = async (lease: LeaseId): Promise<Millis | undefined> => {
    const left = await etcd.timeLeft(lease);
    return left === undefined ? undefined : ms(clock.now() + left);
  };

  /** Adds the instant at which each record expires, asking once per lease. */
  const records = async (keys: readonly KeyValue[], expiry = expiryOf): Promise<StoredRecord[]> => {
    const leases = new Set(keys.flatMap(({ lease }) => (lease === undefined || isKept(lease) ? [] : [lease])));
    const expiries = new Map(
      await Promise.all([...leases].map(async (lease) => [lease, await expiry(lease)] as const)),
    );
    return keys.map(({ key, value, lease }) => {
      const expiresAt = lease === undefined ? undefined : expiries.get(lease);
      return expiresAt === undefined ? { key, value } : { key, value, expiresAt };
    });
  };

  /** A watch hands over what it has rather than wait: without an expiry a record's time does not count down, no more. */
  const watched = (keys: readonly KeyValue[]) => records(keys, (lease) => expiryOf(lease).catch(() => undefined));

  const read = async (range: string): Promise<readonly KeyValue[]> => {
    const { results } = await etcd.transact({ ops: [{ get: range }] });
    return results[0]?.found ?? [];
  };

  const put = async (key: string, value: string, lease?: LeaseId): Promise<void> => {
    await etcd.transact({ ops: [{ put: key, value, ...(lease === undefined ? {} : { lease }) }] });
  };

  return {
    async *watch(prefix, stop): AsyncGenerator<RecordsEvent, void, void> {
      for await (const event of etcd.watch([below(prefix)], stop)) {
        if (event.kind === 'unreachable') yield event;
        else if (event.kind === 'all') yield { kind: 'all', records: await watched(event.keys) };
        else {
          const there = [...event.changes.values()].filter((value) => value !== undefined);
          const removed = [...event.changes].filter(([, value]) => value === undefined).map(([key]) => key);
          yield { kind: 'changes', put: await watched(there), removed };
        }
      }
    },

    list: (prefix) => reached('listing records', async () => records(await read(below(prefix)))),

    get: (key) => reached('reading a record', async () => (await read(key))[0]?.value),

    put: (key, value, ttl) =>
      reached('writing a record', async () =>
        put(key, value, ttl === undefined ? undefined : await etcd.timedLease(ttl)),
      ),

    remove: (key, onlyIf) =>
      reached('removing a record', async () => {
        const when = onlyIf === undefined ? [] : [{ key, value: onlyIf }];
        const { results } = await etcd.transact({ when, ops: [{ remove: key }] });
        return (results[0]?.removed ?? 0) > 0;
      }),

    session: (ttl) =>
      reached('opening a session', async (): Promise<RecordSession> => {
        const lease = await etcd.keepLease(ttl);
        return {
          lost: lease.lost,
          put: (key, value) => reached('writing a record', () => put(key, value, lease.id)),
          [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose](),
        };
      }),

    [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
  };
}

/** `/skydns` and `/skydns/` mean the same; `/skydns2/x` is below neither. */
const below = (prefix: string): string => (prefix.endsWith('/') ? prefix : `${prefix}/`);

/** Puts trouble with etcd into the words of this port. */
async function reached<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof OperatingError) throw new RecordStoreUnreachable({ doing }, { cause });
    throw cause;
  }
}
