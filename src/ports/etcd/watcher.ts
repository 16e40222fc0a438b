/** One watch over several ranges that survives its members: what was seen last is where the next one continues. */
import { type Millis, ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { Clock } from '../clock/index.ts';
import type { Failover } from './failover.ts';
import type { Inbox } from './inbox.ts';
import type { KeyValue, TransactionResult } from './index.ts';
import { type IWatchResponse, type Member, MemberTrouble, type WatchStream } from './member.ts';
import { bounds, parseKeyValue } from './wire.ts';

const betweenRounds = ms(200);

export interface WatcherOptions {
  readonly clock: Clock;
  readonly members: Failover;
  readonly ranges: readonly string[];
  readonly inbox: Inbox;
  readonly stop: AbortSignal;
  /** How long a member may take to answer. */
  readonly timeout: Millis;
  /** After how long a silent stream is asked for a sign of life. */
  readonly askAfterSilence: Millis;
  /** Reads the ranges. */
  readonly list: () => Promise<TransactionResult>;
}

/** History that we had not seen yet was compacted away. */
class Compacted extends Error {}

export class Watcher {
  readonly #options: WatcherOptions;
  /** For each range the revision to continue from; undefined before the first look and after a compaction. */
  #from: number[] | undefined;
  #upTo = 0;
  #stream: WatchStream | undefined;
  #asked = false;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Has the inbox told how far the member is. */
  confirm(): void {
    if (this.#stream === undefined) return;
    this.#asked = true;
    this.#stream.send({ progress_request: {} });
  }

  /** Runs until `stop` aborts. */
  async run(): Promise<void> {
    const { clock, members, inbox, stop, list } = this.#options;
    let failures = 0;
    let told = false;
    while (!stop.aborted) {
      const member = members.current;
      try {
        await this.#follow(member, () => {
          failures = 0;
          // Nothing may have changed meanwhile; that the store is back is worth an event of its own.
          if (told) inbox.changes([], this.#upTo);
          told = false;
        });
      } catch (error) {
        if (stop.aborted) return;
        if (error instanceof Compacted) {
          this.#from = undefined;
          continue;
        }
        members.after(member);
        // A list that failed has tried every member already.
        if (error instanceof OperatingError) failures = members.size;
        else if (error instanceof MemberTrouble) failures += 1;
        else throw error;
        // A refusal may mean that a token has run out; a plain call gets a new one.
        if (error instanceof MemberTrouble && error.kind === 'denied') await list().catch(() => {});
        if (failures < members.size) continue;
        if (!told) inbox.unreachable(members.unreachable('watching', error));
        told = true;
        await clock.sleep(betweenRounds, stop);
      }
    }
  }

  /** Resolves when `stop` aborts, rejects when the stream breaks. @param alive called when all ranges are watched */
  async #follow(member: Member, alive: () => void): Promise<void> {
    const { clock, ranges, inbox, stop, timeout, list } = this.#options;
    const over = new AbortController();
    const end = (cause?: unknown) => over.abort(cause);
    const onStop = () => end(undefined);
    const stands = new AbortController();
    let heardAt = clock.now();
    let created = 0;
    let startsAfter = 0;
    const early: IWatchResponse[] = [];
    const stream = await member.watch({
      heard: (response) => {
        heardAt = clock.now();
        if (response.canceled) end(cancelled(response));
        else if (response.created) {
          startsAfter = Math.max(startsAfter, Number(response.header.revision));
          created += 1;
          if (created === ranges.length) stands.abort();
        } else if (this.#from === undefined) early.push(response);
        else this.#hear(response, this.#from);
      },
      ended: end,
    });
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) end();
    try {
      // A watch that begins in the past, were it one revision, is served at etcd's next round of catching up, up to
      // 100 ms later. So the first one begins where the member stands, and what is there is listed meanwhile.
      const from = this.#from;
      let listing = from === undefined ? list() : undefined;
      listing?.catch(() => {});
      for (const [index, range] of ranges.entries()) {
        const start = { start_revision: from?.[index] ?? 0, watch_id: index + 1 };
        stream.send({ create_request: { ...bounds(range), ...start } });
      }
      await clock.sleep(timeout, AbortSignal.any([over.signal, stands.signal]));
      if (created < ranges.length) end(new MemberTrouble('unreachable', 'the watch was not answered in time'));
      while (listing !== undefined && !over.signal.aborted) {
        const { revision, results } = await listing;
        // Listed before the watch began, it may miss what lies between.
        listing = revision < startsAfter ? list() : undefined;
        if (listing !== undefined || over.signal.aborted) continue;
        inbox.all(
          results.flatMap(({ found }) => found),
          revision,
        );
        this.#upTo = revision;
        this.#from = ranges.map(() => revision + 1);
        for (const response of early) this.#hear(response, this.#from);
      }
      if (!over.signal.aborted) alive();
      this.#stream = stream;
      await this.#keepAsking(member, stream, over, () => heardAt);
    } finally {
      this.#stream = undefined;
      this.#asked = false;
      stop.removeEventListener('abort', onStop);
      stream.cancel();
    }
    if (!stop.aborted) throw over.signal.reason;
  }

  /**
   * Until `over`, which it aborts itself when the stream stays silent. A frozen member says nothing, not even goodbye: it
   * is asked now and then, and at once when a call or a renewal found it failing.
   */
  async #keepAsking(member: Member, stream: WatchStream, over: AbortController, heardAt: () => Millis): Promise<void> {
    const { clock, members, timeout, askAfterSilence } = this.#options;
    const { signal } = over;
    let doubted = false;
    let nap = new AbortController();
    const wake = () => nap.abort();
    using _listening = members.onFailure((failed) => {
      if (failed !== member) return;
      doubted = true;
      wake();
    });
    signal.addEventListener('abort', wake, { once: true });
    // A call or a renewal that was answered tells as much as an answer to us.
    const quiet = () => clock.now() - Math.max(heardAt(), members.livedAt(member) ?? 0);
    while (!signal.aborted) {
      nap = new AbortController();
      if (!doubted) await clock.sleep(ms(Math.max(1, askAfterSilence - quiet())), nap.signal);
      if (signal.aborted || (!doubted && quiet() < askAfterSilence)) continue;
      doubted = false;
      const askedAt = clock.now();
      stream.send({ progress_request: {} });
      await clock.sleep(timeout, signal);
      if (heardAt() < askedAt) over.abort(new MemberTrouble('unreachable', 'the watch fell silent'));
    }
  }

  #hear(response: IWatchResponse, from: number[]): void {
    const { inbox } = this.#options;
    const changes = changesIn(response, from);
    // With a negative id the member speaks of all ranges: it has nothing more to tell up to here.
    const progress = Number(response.watch_id) < 0 ? Number(response.header.revision) : 0;
    this.#upTo = Math.max(this.#upTo, progress, Math.min(...from) - 1);
    if (changes.length === 0 && !(progress > 0 && this.#asked)) return;
    if (progress > 0) this.#asked = false;
    inbox.changes(changes, this.#upTo);
  }
}

/** Marks in `from` how far the range was seen, and leaves out what had been seen before. */
function changesIn({ watch_id, events }: IWatchResponse, from: number[]): [string, KeyValue | undefined][] {
  const at = Number(watch_id) - 1;
  const begin = from[at] ?? 0;
  return events.flatMap(({ type, kv }): [string, KeyValue | undefined][] => {
    const { key, ...value } = parseKeyValue(kv);
    if (value.modified < begin) return [];
    from[at] = value.modified + 1;
    return [[key, type === 'Delete' ? undefined : { key, ...value }]];
  });
}

const cancelled = ({ compact_revision, cancel_reason }: IWatchResponse): Error =>
  compact_revision === '0' ? cancelledBecause(cancel_reason) : new Compacted();

const cancelledBecause = (reason: string): MemberTrouble =>
  new MemberTrouble(/permission|auth/.test(reason) ? 'denied' : 'unreachable', reason || 'the server ended the watch');
