/**
 * Keeps the store in agreement with what is offered here: every wish is remembered, compared with what was written, and
 * tried until it holds. Each key is tried for itself, so that one that cannot be written keeps no other waiting. Records
 * hang on a session, so that they vanish with this machine.
 */
import { type Millis, ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { changes } from '../../core/records/changes.ts';
import type { Claimants } from '../../core/records/stale.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { RecordSession, RecordStore, RecordsEvent } from '../../ports/record-store/index.ts';
import { Claims, type Offer } from './claims.ts';
import { Rests } from './rests.ts';
import { Written } from './written.ts';

/** How records end when nobody removes them. */
export type Lifetime =
  /** With this process, or its machine. */
  | { readonly kind: 'session'; readonly ttl: Millis }
  /** Each by itself, unless written again in time. */
  | { readonly kind: 'expiring'; readonly ttl: Millis; readonly refresh: Millis }
  | { readonly kind: 'lasting' };

export interface PublisherParts {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly lifetime: Lifetime;
  /** The key below which all records stand; empty when that would be the whole store, which is not followed. */
  readonly root: string;
}

/**
 * What a claimant may do to a record that another machine has under the same key. One that is starting displaces it:
 * its unit has moved here. One that was found running waits for it to go: when a partition heals both sides run the
 * container for a moment, and the name belongs to the side where it started last.
 */
export type Standing = 'starting' | 'found';

export class Publisher {
  readonly #parts: PublisherParts;
  readonly #claims = new Claims();
  readonly #written = new Written();
  readonly #rests: Rests;
  /** Keys whose claimant has just started: these are written over whatever stands there. */
  readonly #fresh = new Set<string>();
  /** Keys that another machine holds, as far as was said already. */
  readonly #taken = new Set<string>();
  /** Keys with a request on its way. */
  readonly #busy = new Set<string>();
  /** By key: whose record was last logged as added. */
  readonly #added = new Map<string, string>();
  #session: RecordSession | undefined;
  #bell = new AbortController();
  #bug: { readonly cause: unknown } | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#rests = new Rests(parts.clock);
  }

  has(of: Claimants, claimant: string): boolean {
    return this.#claims.has(of, claimant);
  }

  knows(of: Claimants, claimant: string): boolean {
    return this.#claims.knows(of, claimant);
  }

  claimants(of: Claimants): readonly string[] {
    return this.#claims.claimants(of);
  }

  offer(of: Claimants, claimant: string, offers: readonly Offer[], standing: Standing): void {
    this.#claims.offer(of, claimant, offers);
    for (const { key } of offers) {
      this.#rests.end(key);
      // Written in any case: the record of an earlier run may have expired, or not be there for another reason.
      this.#written.doubt(key);
      if (standing === 'starting' || this.#parts.lifetime.kind !== 'session') this.#fresh.add(key);
    }
    this.#ring();
  }

  withdraw(of: Claimants, claimant: string): void {
    if (this.#claims.withdraw(of, claimant)) this.#ring();
  }

  /** The claimant is gone, its records stay: for ever, or until they expire. */
  leave(of: Claimants, claimant: string): void {
    this.#claims.leave(of, claimant, this.#parts.clock.now());
  }

  withdrawAll(of: Claimants): void {
    for (const claimant of this.#claims.claimants(of)) this.withdraw(of, claimant);
  }

  /** Writes everything again, whatever the store holds. */
  repeat(): void {
    const { clock, lifetime } = this.#parts;
    if (lifetime.kind === 'expiring') {
      for (const { key } of this.#claims.dropLeftBefore(ms(clock.now() - lifetime.ttl))) this.#written.removed(key);
    }
    for (const key of this.#claims.keptKeys()) this.#written.doubt(key);
    this.#ring();
  }

  /** Compares what was written with the store, which may have lost it. @throws {RecordStoreUnreachable} */
  async check(): Promise<void> {
    const { store } = this.#parts;
    const kept = new Set(this.#claims.keptKeys());
    const keys = this.#written.sureKeys().filter((key) => kept.has(key));
    const held = await Promise.all(keys.map(async (key) => [key, await store.get(key)] as const));
    for (const [key, value] of held) if (value !== this.#written.surely(key)) this.#written.doubt(key);
    for (const [key, values] of [...this.#written.late()]) {
      if (!this.#claims.wanted().has(key)) await Promise.all([...values].map((value) => store.remove(key, value)));
      this.#written.forgetLate(key);
    }
    this.#ring();
  }

  /**
   * Removes records that an earlier run of ours left behind and that nobody claims now.
   *
   * @throws {RecordStoreUnreachable}
   */
  async sweep(isOurs: (key: string) => boolean): Promise<void> {
    for (const { key, value } of await this.#parts.store.list(this.#parts.root)) {
      if (isOurs(key) && !this.#claims.wanted().has(key)) this.#written.wrote(key, value);
    }
    this.#ring();
  }

  /** Works until `stop`; what is published then stays, to expire with the session unless a successor takes it over. */
  async run(stop: AbortSignal): Promise<void> {
    const { clock, lifetime } = this.#parts;
    const ring = () => this.#ring();
    stop.addEventListener('abort', ring, { once: true });
    const tasks = lifetime.kind === 'expiring' ? [this.#refresh(lifetime.refresh, stop)] : [];
    let isFollowing = false;
    while (!stop.aborted) {
      this.#bell = new AbortController();
      const { signal } = this.#bell;
      const pause = this.#turn();
      if (this.#bug !== undefined) throw this.#bug.cause;
      if (!isFollowing && this.#busy.size > 0 && this.#parts.root !== '') {
        isFollowing = true;
        this.#guarded(this.#follow(stop));
      }
      await (pause === undefined ? aborted(signal) : clock.sleep(pause, signal));
    }
    await Promise.all(tasks);
  }

  /** Starts what can be done now. @returns how long until the first thing that failed may be tried again */
  #turn(): Millis | undefined {
    this.#forgetLostSession();
    const wanted = this.#claims.wanted();
    const { put, remove } = changes(wanted.values(), this.#written.standing());
    for (const key of [...this.#fresh, ...this.#taken, ...this.#rests.keys()]) {
      if (!wanted.has(key) && this.#written.values(key).size === 0) this.#release(key);
    }
    let soonest: Millis | undefined;
    const start = (key: string, work: () => Promise<boolean>) => {
      if (this.#busy.has(key)) return;
      const rest = this.#rests.left(key);
      if (rest === undefined) this.#start(key, work);
      else soonest = ms(Math.min(rest, soonest ?? rest));
    };
    for (const { key } of put) {
      const offer = wanted.get(key);
      if (offer !== undefined) start(key, () => this.#put(offer));
    }
    for (const { key } of remove) start(key, () => this.#remove(key));
    if (wanted.size === 0 && this.#written.isEmpty() && this.#busy.size === 0) this.#guarded(this.#endSession());
    return soonest;
  }

  #release(key: string): void {
    this.#fresh.delete(key);
    this.#taken.delete(key);
    this.#rests.end(key);
  }

  #start(key: string, work: () => Promise<boolean>): void {
    this.#busy.add(key);
    const done = async () => {
      try {
        if (await work()) this.#rests.end(key);
        else this.#rests.begin(key);
      } finally {
        this.#busy.delete(key);
        this.#ring();
      }
    };
    this.#guarded(done());
  }

  /** A bug in what runs beside the loop ends the loop. */
  #guarded(work: Promise<void>): void {
    work.catch((cause: unknown) => {
      this.#bug ??= { cause };
      this.#ring();
    });
  }

  /** @returns whether it is done; else it is tried again after a rest */
  async #put({ key, value, service }: Offer): Promise<boolean> {
    const isFresh = this.#fresh.delete(key);
    const isKnown = this.#added.get(key) === service;
    try {
      if (!isFresh && (await this.#isTaken(key, value))) return false;
      this.#written.trying(key, value);
      if (!(await this.#write(key, value))) return this.#again(key, isFresh);
    } catch (cause) {
      this.#again(key, isFresh);
      this.#failed(isKnown ? 'refresh failed' : 'register failed', key, service, cause);
      return false;
    }
    this.#taken.delete(key);
    this.#written.wrote(key, value);
    this.#added.set(key, service);
    this.#parts.log.info(`${isKnown ? 'refreshed' : 'added'}: ${service}`, { key, value });
    return true;
  }

  /** @returns false: it is not done */
  #again(key: string, isFresh: boolean): false {
    if (isFresh) this.#fresh.add(key);
    return false;
  }

  async #isTaken(key: string, value: string): Promise<boolean> {
    const { store, log } = this.#parts;
    const held = await store.get(key);
    if (held === undefined || held === value || this.#written.values(key).has(held)) return false;
    // What we wrote there has been displaced.
    this.#written.removed(key);
    if (!this.#taken.has(key)) log.warn('another machine has this name, waiting for it to go', { key, held });
    this.#taken.add(key);
    return true;
  }

  async #remove(key: string): Promise<boolean> {
    const { store, log } = this.#parts;
    const service = this.#added.get(key) ?? key;
    try {
      const removals = [...this.#written.values(key)].map((value) => store.remove(key, value));
      const wasOurs = (await Promise.all(removals)).includes(true);
      const because = wasOurs ? {} : { because: 'it was gone, or another machine has it now' };
      log.info(`removed: ${service}`, { key, ...because });
    } catch (cause) {
      this.#failed('deregister failed', key, service, cause);
      return false;
    }
    this.#written.removed(key);
    this.#added.delete(key);
    return true;
  }

  /** Said once per failure, not at each try. */
  #failed(what: string, key: string, service: string, cause: unknown): void {
    if (!(cause instanceof OperatingError)) throw cause;
    if (!this.#rests.isTired(key)) this.#parts.log.warn(`${what}: ${service}`, { key, because: cause });
  }

  /** @returns false when the session that the record hangs on was lost meanwhile */
  async #write(key: string, value: string): Promise<boolean> {
    const { store, lifetime } = this.#parts;
    if (lifetime.kind === 'lasting') await store.put(key, value);
    else if (lifetime.kind === 'expiring') await store.put(key, value, lifetime.ttl);
    else {
      const session = await this.#openSession(lifetime.ttl);
      await session.put(key, value);
      return session === this.#session && !session.lost.aborted;
    }
    return true;
  }

  #opening: Promise<RecordSession> | undefined;

  /** One for all writers; opened with the first record, so that a machine without any keeps nothing alive. */
  #openSession(ttl: Millis): Promise<RecordSession> {
    if (this.#session !== undefined && !this.#session.lost.aborted) return Promise.resolve(this.#session);
    this.#opening ??= this.#parts.store
      .session(ttl)
      .then((session) => {
        this.#session = session;
        session.lost.addEventListener('abort', () => this.#ring(), { once: true });
        return session;
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  #forgetLostSession(): void {
    if (this.#session?.lost.aborted !== true) return;
    const keys = this.#written.sureKeys();
    this.#parts.log.warn('session lost, writing all records again', { records: keys.length });
    this.#session = undefined;
    for (const key of keys) this.#written.doubt(key);
  }

  async #endSession(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.[Symbol.asyncDispose]();
  }

  /** Hears at once when a record of ours is displaced or lost, and when a name that we wait for is free. */
  async #follow(stop: AbortSignal): Promise<void> {
    const { store, root } = this.#parts;
    for await (const event of store.watch(root, stop)) {
      this.#hear(event);
      this.#ring();
    }
  }

  #hear(event: RecordsEvent): void {
    if (event.kind === 'unreachable') return;
    const there = new Map((event.kind === 'all' ? event.records : event.put).map(({ key, value }) => [key, value]));
    const isTold = event.kind === 'all' ? () => true : (key: string) => there.has(key) || event.removed.includes(key);
    const kept = new Set(this.#claims.keptKeys());
    for (const key of this.#written.sureKeys()) {
      if (kept.has(key) && isTold(key) && there.get(key) !== this.#written.surely(key)) this.#written.doubt(key);
    }
    for (const key of this.#taken) if (isTold(key) && !there.has(key)) this.#rests.end(key);
    for (const [key, value] of there) this.#written.surfaced(key, value);
  }

  async #refresh(every: Millis, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#parts.clock.sleep(every, stop);
      this.repeat();
    }
  }

  #ring(): void {
    this.#bell.abort();
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
