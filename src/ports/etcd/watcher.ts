/** One watch over several ranges that survives its members: what was seen last is where the next one continues. */
import { type Millis, ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { Clock } from '../clock/index.ts';
import type { Failover } from './failover.ts';
import type { Inbox } from './inbox.ts';
import type { KeyValue, TransactionResult } from './index.ts';
import { type IWatchResponse, type Member, MemberTrouble, type WatchStream } from './member.ts';
import { bounds, parseKeyValue } from './wire.ts';

/** An idle stream is asked for a sign of life this often: a frozen member says nothing, not even goodbye. */
const askAfterSilence = ms(2_000);
const betweenRounds = ms(200);

export interface WatcherOptions {
  readonly clock: Clock;
  readonly members: Failover;
  readonly ranges: readonly string[];
  readonly inbox: Inbox;
  readonly stop: AbortSignal;
  /** How long a member may take to answer. */
  readonly timeout: Millis;
  /** Reads the ranges, or, when only changes are wanted, anything at all. */
  readonly range: () => Promise<TransactionResult>;
  /**
   * Whether only changes are wanted. The watch then begins where the member stands: one that begins in the past, were it
   * one revision, is served by etcd at its next round of catching up, up to 100 ms later.
   */
  readonly changesOnly: boolean;
}

/** History that we had not seen yet was compacted away. */
class Compacted extends Error {}

/** Runs until `stop` aborts. */
export async function follow(options: WatcherOptions): Promise<void> {
  const { clock, members, inbox, stop, ranges } = options;
  /** For each range the revision to continue from; empty before the first look and after a compaction. */
  let from: number[] = [];
  let failures = 0;
  let told = false;
  while (!stop.aborted) {
    const member = members.current;
    try {
      if (from.length === 0 && !options.changesOnly) {
        const { revision, results } = await options.range();
        inbox.all(results.flatMap(({ found }) => found));
        from = ranges.map(() => revision + 1);
      }
      await followOn(member, options, from, () => {
        failures = 0;
        told = false;
      });
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof Compacted) {
        from = [];
        continue;
      }
      members.after(member);
      // A range that failed has tried every member already.
      if (error instanceof OperatingError) failures = members.size;
      else if (error instanceof MemberTrouble) failures += 1;
      else throw error;
      // A refusal may mean that a token has run out; a plain call gets a new one.
      if (error instanceof MemberTrouble && error.kind === 'denied') await options.range().catch(() => {});
      if (failures < members.size) continue;
      if (!told) inbox.unreachable(members.unreachable('watching', error));
      told = true;
      await clock.sleep(betweenRounds, stop);
    }
  }
}

/** Resolves when `stop` aborts, rejects when the stream breaks; `from` then holds where to continue. */
async function followOn(member: Member, options: WatcherOptions, from: number[], alive: () => void): Promise<void> {
  const { clock, ranges, inbox, stop, timeout } = options;
  const over = new AbortController();
  const end = (cause?: unknown) => over.abort(cause);
  const onStop = () => end(undefined);
  let heardAt = clock.now();
  let created = 0;
  const fresh = from.length === 0;
  const begun: number[] = [];
  const stream = await member.watch({
    heard: (response) => {
      heardAt = clock.now();
      if (response.canceled) return end(cancelled(response));
      if (response.created) {
        begun[Number(response.watch_id) - 1] = Number(response.header.revision) + 1;
        created += 1;
        if (created === ranges.length) {
          if (fresh) {
            from.push(...begun);
            inbox.all([]);
          }
          alive();
        }
      }
      if (response.events.length === 0) return;
      // What comes before all ranges are watched is told by the event that follows then.
      if (from.length === 0) changesIn(response, begun);
      else inbox.changes(changesIn(response, from));
    },
    ended: end,
  });
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) end();
  try {
    for (const [index, range] of ranges.entries()) {
      const start = { start_revision: from[index] ?? 0, watch_id: index + 1 };
      stream.send({ create_request: { ...bounds(range), ...start } });
    }
    await clock.sleep(timeout, over.signal);
    if (created < ranges.length) end(new MemberTrouble('unreachable', 'the watch was not answered in time'));
    await keepAsking(stream, clock, timeout, over, () => heardAt);
  } finally {
    stop.removeEventListener('abort', onStop);
    stream.cancel();
  }
  if (!stop.aborted) throw over.signal.reason;
}

/** Until `over`, which it aborts itself when the stream stays silent. */
async function keepAsking(
  stream: WatchStream,
  clock: Clock,
  timeout: Millis,
  over: AbortController,
  heardAt: () => Millis,
): Promise<void> {
  const { signal } = over;
  while (!signal.aborted) {
    const quiet = clock.now() - heardAt();
    await clock.sleep(ms(Math.max(1, askAfterSilence - quiet)), signal);
    if (signal.aborted || clock.now() - heardAt() < askAfterSilence) continue;
    const askedAt = clock.now();
    stream.send({ progress_request: {} });
    await clock.sleep(timeout, signal);
    if (heardAt() < askedAt) over.abort(new MemberTrouble('unreachable', 'the watch fell silent'));
  }
}

/** Marks in `from` how far the range was seen. */
function changesIn({ watch_id, events }: IWatchResponse, from: number[]): [string, KeyValue | undefined][] {
  return events.map(({ type, kv }) => {
    const { key, ...value } = parseKeyValue(kv);
    from[Number(watch_id) - 1] = value.modified + 1;
    return [key, type === 'Delete' ? undefined : { key, ...value }];
  });
}

const cancelled = ({ compact_revision, cancel_reason }: IWatchResponse): Error =>
  compact_revision === '0' ? cancelledBecause(cancel_reason) : new Compacted();

const cancelledBecause = (reason: string): MemberTrouble =>
  new MemberTrouble(/permission|auth/.test(reason) ? 'denied' : 'unreachable', reason || 'the server ended the watch');
