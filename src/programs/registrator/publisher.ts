/**
 * Keeps the store in agreement with what containers offer: every wish is remembered, compared with what was written, and
 * tried until it holds. Records hang on a session, so that they vanish with this machine.
 */
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import type { Entry } from '../../core/records/backend.ts';
import { changes } from '../../core/records/changes.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { RecordSession, RecordStore } from '../../ports/record-store/index.ts';

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
}

/** One service of one container, ready to be written. */
export interface Offer extends Entry {
  /** The service's id, for the log. */
  readonly service: string;
}

/**
 * What a container may do to a record that another machine has under the same key. One that is starting displaces it:
 * its unit has moved here. One that was found running waits for it to go: when a partition heals both sides run the
 * container for a moment, and the name belongs to the side where it started last.
 */
export type Standing = 'starting' | 'found';

interface Claim {
  readonly offers: readonly Offer[];
  /** False when its container died and its records may expire. */
  readonly isKept: boolean;
}

const keyOf = ({ key }: Entry): string => key;

/** The first and the longest pause after a failure. */
const patience = { least: ms(100), most: seconds(2) };

export class Publisher {
  readonly #parts: PublisherParts;
  /** By container id, in the order of their start: of two containers that claim one key the later has it. */
  readonly #claims = new Map<string, Claim>();
  readonly #published = new Map<string, string>();
  /** Keys whose container has just started: these are written over whatever stands there. */
  readonly #fresh = new Set<string>();
  /** Keys that another machine holds, as far as was said already. */
  readonly #taken = new Set<string>();
  #session: RecordSession | undefined;
  #isAwake = true;
  #wake: () => void = () => {};

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  has(container: string): boolean {
    return this.#claims.get(container)?.isKept === true;
  }

  containers(): readonly string[] {
    return [...this.#claims.keys()];
  }

  offer(container: string, offers: readonly Offer[], standing: Standing): void {
    this.#claims.delete(container);
    this.#claims.set(container, { offers, isKept: true });
    const displaces = standing === 'starting' || this.#parts.lifetime.kind !== 'session';
    if (displaces) for (const { key } of offers) this.#fresh.add(key);
    this.#ring();
  }

  withdraw(container: string): void {
    if (this.#claims.delete(container)) this.#ring();
  }

  /** The container died, its records stay: for ever, or until they expire. */
  leave(container: string): void {
    const claim = this.#claims.get(container);
    if (claim !== undefined) this.#claims.set(container, { ...claim, isKept: false });
  }

  withdrawAll(): void {
    this.#claims.clear();
    this.#ring();
  }

  /** Writes everything again, whatever the store holds. */
  repeat(): void {
    for (const { offers, isKept } of this.#claims.values()) {
      if (isKept) for (const { key } of offers) this.#published.delete(key);
    }
    this.#ring();
  }

  /** Compares what was written with the store, which may have lost it. @throws {RecordStoreUnreachable} */
  async check(): Promise<void> {
    const kept = new Set([...this.#claims.values()].flatMap(({ offers, isKept }) => (isKept ? offers : [])).map(keyOf));
    for (const key of [...this.#published.keys()].filter((published) => kept.has(published))) {
      // What another machine wrote there since is that machine's; only a key that is gone is written again.
      if ((await this.#parts.store.get(key)) === undefined) this.#published.delete(key);
    }
    this.#ring();
  }

  /** Works until `stop`; what is published then stays, to expire with the session unless a successor takes it over. */
  async run(stop: AbortSignal): Promise<void> {
    const { lifetime } = this.#parts;
    const refreshing = lifetime.kind === 'expiring' ? this.#refresh(lifetime.refresh, stop) : undefined;
    stop.addEventListener('abort', () => this.#ring(), { once: true });
    let pause = ms(0);
    while (!stop.aborted) {
      this.#isAwake = false;
      const isSettled = await this.#settle();
      pause = isSettled ? ms(0) : ms(Math.min(patience.most, Math.max(patience.least, pause * 2)));
      if (isSettled) await this.#rung();
      else await this.#parts.clock.sleep(pause, stop);
    }
    await refreshing;
  }

  /** @returns whether the store now says what it should */
  async #settle(): Promise<boolean> {
    this.#forgetLostSession();
    const offers = [...this.#claims.values()].flatMap(({ offers }) => offers);
    const { put, remove } = changes(offers, this.#published);
    const services = new Map(offers.map(({ key, service }) => [key, service]));
    for (const key of [...this.#fresh, ...this.#taken]) {
      if (services.has(key)) continue;
      this.#fresh.delete(key);
      this.#taken.delete(key);
    }
    const results = await Promise.all([
      ...remove.map((entry) => this.#remove(entry)),
      ...put.map((entry) => this.#put(entry, services.get(entry.key) ?? '')),
    ]);
    if (this.#published.size === 0 && this.#claims.size === 0) await this.#endSession();
    return results.every(Boolean);
  }

  async #put({ key, value }: Entry, service: string): Promise<boolean> {
    const { log } = this.#parts;
    try {
      if (!this.#fresh.has(key) && (await this.#isTaken(key, value))) return false;
      await this.#write(key, value);
    } catch (error) {
      log.warn(`register failed: ${service}`, { key, because: error });
      return false;
    }
    this.#fresh.delete(key);
    this.#taken.delete(key);
    this.#published.set(key, value);
    log.info(`added: ${service}`, { key, value });
    return true;
  }

  async #isTaken(key: string, value: string): Promise<boolean> {
    const { store, log } = this.#parts;
    const held = await store.get(key);
    if (held === undefined || held === value || held === this.#published.get(key)) return false;
    if (!this.#taken.has(key)) log.warn('another machine has this name, waiting for it to go', { key, held });
    this.#taken.add(key);
    return true;
  }

  async #remove({ key, value }: Entry): Promise<boolean> {
    const { store, log } = this.#parts;
    try {
      const wasOurs = await store.remove(key, value);
      log.info('removed', { key, ...(wasOurs ? {} : { because: 'it was gone, or another machine has it now' }) });
    } catch (error) {
      log.warn('deregister failed', { key, because: error });
      return false;
    }
    this.#published.delete(key);
    return true;
  }

  async #write(key: string, value: string): Promise<void> {
    const { store, lifetime } = this.#parts;
    if (lifetime.kind === 'lasting') return store.put(key, value);
    if (lifetime.kind === 'expiring') return store.put(key, value, lifetime.ttl);
    const session = await this.#openSession(lifetime.ttl);
    return session.put(key, value);
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
    this.#parts.log.warn('session lost, writing all records again', { records: this.#published.size });
    this.#session = undefined;
    this.#published.clear();
  }

  async #endSession(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.[Symbol.asyncDispose]();
  }

  async #refresh(every: Millis, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#parts.clock.sleep(every, stop);
      this.repeat();
    }
  }

  #ring(): void {
    this.#isAwake = true;
    this.#wake();
  }

  #rung(): Promise<void> {
    return this.#isAwake
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#wake = resolve;
        });
  }
}
