/**
 * One picture of the whole registry for all who look at it in this process, kept by one watch for as long as somebody
 * looks. A read asks etcd for nothing but its revision, and waits until the picture has come that far.
 */
import { minutes, ms } from '../../core/base/time.ts';
import type { Cluster, Snapshot } from '../../core/cluster/types.ts';
import type { Clock } from '../clock/index.ts';
import type { Etcd, KeyValue, Watch } from '../etcd/index.ts';
import type { Layout } from './layout.ts';
import { Picture, type Seen } from './picture.ts';
import { reached } from './reach.ts';
import type { UnitFiles } from './unit-files.ts';

export interface MirrorParts {
  readonly etcd: Etcd;
  readonly clock: Clock;
  readonly layout: Layout;
  readonly files: UnitFiles;
  /** Is told the key of an entry that cannot be read. */
  readonly skipped: (key: string) => void;
}

/** How long the watch stays when nobody looks any more: clients come in bursts. */
const keptIdle = minutes(1);
/** How often the member that is watched is asked whether it has come far enough. */
const askAgainAfter = ms(10);
/** For how long a read waits for the watch before it goes to etcd itself. */
const patience = ms(500);

export class Mirror {
  readonly #parts: MirrorParts;
  #picture: Picture;
  #watch: Watch | undefined;
  #closing = new AbortController();
  #idle = new AbortController();
  #lookers = 0;
  readonly #waiting = new Set<() => void>();
  /** Up to which revision the picture is complete; undefined while there is none. */
  #upTo: number | undefined;
  /** Whether no member can be watched at the moment. */
  #away = false;
  /** The client was disposed. */
  #ended = false;
  #asking: Promise<void> | undefined;
  /** How often there was something new to see, and how often something that the engine decides from. */
  #news = { any: 0, cluster: 0 };

  constructor(parts: MirrorParts) {
    this.#parts = parts;
    this.#picture = this.#newPicture();
  }

  /** Everything as it is now, or later. @throws {EtcdUnreachable} */
  async read(): Promise<Snapshot> {
    return (await this.#readAt()).snapshot;
  }

  async #readAt(): Promise<{ readonly snapshot: Snapshot; readonly revision: number }> {
    const { etcd, layout, clock } = this.#parts;
    using _looking = this.#look();
    const until = clock.now() + patience;
    // Any key will do; a transaction that reads none could be answered by a member that lags behind.
    const { revision } = await etcd.transact({ ops: [{ get: layout.leader, keysOnly: true }] });
    while (this.#upTo === undefined || this.#upTo < revision) {
      if (this.#away || this.#ended || clock.now() >= until) return this.#readDirectly();
      await this.#ask();
    }
    return { snapshot: this.#picture.take(), revision: this.#upTo };
  }

  /** @see Registry.changes */
  changes(stop: AbortSignal): AsyncGenerator<void, void, void> {
    return this.#follow('any', stop);
  }

  /** @see Registry.snapshots */
  async *snapshots(stop: AbortSignal): AsyncGenerator<Snapshot, void, void> {
    const { snapshot, revision } = await reached('reading the cluster', () => this.#readAt());
    yield snapshot;
    // A read that did not wait for the watch is ahead of it.
    for await (const _change of this.#follow('any', stop))
      if ((this.#upTo ?? 0) >= revision) yield this.#picture.take();
  }

  /** @see Registry.cluster */
  async *cluster(stop: AbortSignal): AsyncGenerator<Cluster, void, void> {
    for await (const _change of this.#follow('cluster', stop)) yield this.#picture.take();
  }

  async *#follow(what: 'any' | 'cluster', stop: AbortSignal): AsyncGenerator<void, void, void> {
    using _looking = this.#look();
    for (let seen = 0; !stop.aborted && !this.#ended; ) {
      if (this.#upTo === undefined || this.#news[what] === seen) await this.#somethingNew(stop);
      else {
        seen = this.#news[what];
        yield;
      }
    }
  }

  /** Asks how far the watch is, once for all who wait. Resolves when it told something, or a little later. */
  #ask(): Promise<void> {
    const ask = async () => {
      const heard = new AbortController();
      const told = this.#somethingNew(heard.signal);
      if (this.#upTo !== undefined) this.#watch?.confirm();
      await Promise.race([told, this.#parts.clock.sleep(askAgainAfter, heard.signal)]);
      heard.abort();
      this.#asking = undefined;
    };
    this.#asking ??= ask();
    return this.#asking;
  }

  /** Sees to it that the picture is kept until the result is disposed, and a while longer. */
  #look(): Disposable {
    this.#lookers += 1;
    this.#idle.abort();
    if (this.#watch === undefined && !this.#ended) void this.#keep();
    return {
      [Symbol.dispose]: () => {
        this.#lookers -= 1;
        if (this.#lookers === 0) void this.#closeWhenIdle();
      },
    };
  }

  async #closeWhenIdle(): Promise<void> {
    this.#idle = new AbortController();
    const { signal } = this.#idle;
    await this.#parts.clock.sleep(keptIdle, signal);
    if (!signal.aborted) this.#closing.abort();
  }

  async #keep(): Promise<void> {
    const { etcd, clock, layout, files } = this.#parts;
    this.#closing = new AbortController();
    const { signal } = this.#closing;
    const watch = etcd.watch([layout.root], signal);
    this.#watch = watch;
    for await (const event of watch) {
      this.#away = event.kind === 'unreachable';
      if (event.kind !== 'unreachable') {
        const seen = event.kind === 'all' ? this.#restart(event.keys) : this.#picture.apply(event.changes);
        await files.fetchAll(() => this.#picture.missing(), clock, signal);
        if (signal.aborted) break;
        this.#news.any += seen.cluster || seen.states ? 1 : 0;
        this.#news.cluster += seen.cluster ? 1 : 0;
        this.#upTo = event.upTo;
      }
      this.#wake();
    }
    this.#watch = undefined;
    this.#upTo = undefined;
    this.#picture = this.#newPicture();
    this.#ended = !signal.aborted;
    // Somebody may have come just when it closed.
    if (this.#lookers > 0 && !this.#ended) void this.#keep();
    this.#wake();
  }

  #restart(keys: readonly KeyValue[]): Seen {
    this.#picture.restart(keys);
    return { cluster: true, states: true };
  }

  async #readDirectly(): Promise<{ readonly snapshot: Snapshot; readonly revision: number }> {
    const { etcd, layout, files } = this.#parts;
    const picture = this.#newPicture();
    const ranges = [layout.units, layout.placements, layout.machines, layout.states];
    const { results, revision } = await etcd.transact({ ops: ranges.map((get) => ({ get })) });
    picture.restart(results.flatMap(({ found }) => found));
    await files.fetch(picture.missing());
    return { snapshot: picture.take(), revision };
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next news, or when `stop` aborts. */
  #somethingNew(stop: AbortSignal): Promise<void> {
    if (stop.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        stop.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      stop.addEventListener('abort', wake, { once: true });
    });
  }

  #newPicture(): Picture {
    const { layout, files, skipped } = this.#parts;
    return new Picture(layout, files, skipped);
  }
}
