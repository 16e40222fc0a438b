/** A real etcd cluster. Give it every endpoint there is: with one, a failed member is an outage. */
import { type Millis, ms, seconds, wholeSeconds } from '../../core/base/time.ts';
import { EtcdDenied, EtcdLeaseGone } from '../../core/errors/etcd.ts';
import type { Clock } from '../clock/index.ts';
import { type CredentialFiles, readCredentials } from './credentials.ts';
import { Failover } from './failover.ts';
import { gather } from './gather.ts';
import { Inbox } from './inbox.ts';
import { type Etcd, keptLeaseId, type Transaction, type Watch } from './index.ts';
import { KeptLease } from './kept-lease.ts';
import { type MemberOptions, MemberTrouble, memberFactory } from './member.ts';
import { readInPages } from './pages.ts';
import { Watcher } from './watcher.ts';
import { parseResult, printTransaction } from './wire.ts';

export interface EtcdOptions extends CredentialFiles {
  readonly clock: Clock;
  /** URLs such as `http://127.0.0.1:2379`, the nearest first. */
  readonly endpoints: readonly string[];
  /** How long one member may take to answer one call. */
  readonly timeout?: Millis;
  /**
   * After how long a watch asks its member for a sign of life, when the member answers nobody else either. A frozen one is
   * found out by then, when a call or the renewal of a lease fails, or by its connection after 7.5 s.
   */
  readonly askAfterSilence?: Millis;
  readonly username?: string;
  readonly password?: string;
}

/**
 * Nothing is sent before something is asked: an etcd that is down is met at the first call.
 *
 * @throws {EtcdCredentialsUnusable}
 */
export async function openEtcd({
  clock,
  endpoints,
  timeout = ms(1_500),
  askAfterSilence = seconds(2),
  ...options
}: EtcdOptions): Promise<Etcd> {
  const open = await memberFactory({ clock, timeout, ...(await security(options)) });
  const members = new Failover({ clock, endpoints, open, timeout });
  const closed = new AbortController();
  const leases = new Set<KeptLease>();

  /** A member's trouble in the words of this port; `lease` is the one that a lost lease must be. */
  const call = async <T>(doing: string, work: Parameters<typeof members.call<T>>[1], lease = 'unknown'): Promise<T> => {
    try {
      return await members.call(doing, work);
    } catch (cause) {
      if (!(cause instanceof MemberTrouble)) throw cause;
      if (cause.kind === 'lease gone') throw new EtcdLeaseGone({ lease }, { cause });
      throw new EtcdDenied({ doing, reason: cause.message }, { cause });
    }
  };

  const transact = gather(async (transaction) => {
    const request = printTransaction(transaction);
    return parseResult(await call('a transaction', (member) => member.transact(request), leaseIn(transaction)));
  });

  /** An answer may be lost after the lease was made, so each attempt makes one of its own; a lost one runs out. */
  const grant = (term: Millis, nextId: () => string) =>
    call('granting a lease', async (member) => {
      const id = nextId();
      const grantedAt = clock.now();
      return { id, grantedAt, term: seconds(await member.grant(id, wholeSeconds(term))) };
    });

  return {
    transact,

    async keepLease(asked) {
      const granted = await grant(asked, () => keptLeaseId(Math.random() * 2 ** 32));
      const lease = new KeptLease({ clock, members, ...granted });
      leases.add(lease);
      lease.lost.addEventListener('abort', () => leases.delete(lease), { once: true });
      return lease;
    },

    async timedLease(asked) {
      const { id } = await grant(asked, () => String(1 + Math.floor(Math.random() * (2 ** 53 - 1))));
      return id;
    },

    async timeLeft(lease) {
      const left = await call('asking for a lease', (member) => member.timeToLive(lease), lease).catch((error) => {
        if (error instanceof EtcdLeaseGone) return 0;
        throw error;
      });
      return left > 0 ? seconds(left) : undefined;
    },

    watch(ranges, stop): Watch {
      const inbox = new Inbox();
      const over = new AbortController();
      const list = () => readInPages((request) => call('listing', (member) => member.transact(request)), ranges);
      const watcher = new Watcher({ clock, members, ranges, inbox, stop: over.signal, timeout, askAfterSilence, list });
      const events = async function* () {
        const end = () => {
          over.abort();
          inbox.end();
        };
        if (stop.aborted || closed.signal.aborted) return;
        stop.addEventListener('abort', end, { once: true });
        closed.signal.addEventListener('abort', end, { once: true });
        void watcher.run();
        try {
          yield* inbox.events(over.signal);
        } finally {
          end();
          stop.removeEventListener('abort', end);
          closed.signal.removeEventListener('abort', end);
        }
      };
      return Object.assign(events(), { confirm: () => watcher.confirm() });
    },

    async [Symbol.asyncDispose]() {
      closed.abort();
      for (const lease of leases) lease.abandon();
      members.close();
    },
  };
}

async function security(
  options: Omit<EtcdOptions, 'clock' | 'endpoints' | 'timeout' | 'askAfterSilence'>,
): Promise<Omit<MemberOptions, 'clock' | 'timeout'>> {
  const { username, password, ...files } = options;
  return {
    ...(username ? { username, password: password ?? '' } : {}),
    ...(await readCredentials(files)),
  };
}

/** The lease that the puts of a transaction are bound to: ours are bound to one. */
const leaseIn = ({ ops }: Transaction): string | undefined =>
  ops.flatMap((op) => ('put' in op && op.lease !== undefined ? [op.lease] : []))[0];
