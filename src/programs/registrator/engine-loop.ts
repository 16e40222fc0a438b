/** Follows one Docker engine: lists what runs, then hears what starts and dies. @see registrator.md 6 */
import { type Millis, ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { ContainersUnreachable, EngineEventsEnded } from '../../core/errors/dns.ts';
import type { Backend } from '../../core/records/backend.ts';
import { type DeregisterPolicy, leavesServices } from '../../core/records/departure.ts';
import { type Registrar, registrations } from '../../core/records/registrations.ts';
import { madeBy } from '../../core/records/stale.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { ContainerEvent, Containers } from '../../ports/containers/index.ts';
import type { EarlyDeaths } from '../../ports/containers/runtime-folder.ts';
import type { Log } from '../../ports/log/index.ts';
import { every } from './every.ts';
import { offersOf } from './offers.ts';
import type { Publisher, Standing } from './publisher.ts';

export interface EngineWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly containers: Containers;
  /** Undefined when the engine's own news of deaths is early enough. */
  readonly earlyDeaths: ((heard: (id: string) => void) => EarlyDeaths) | undefined;
  readonly publisher: Publisher;
  readonly backend: Backend;
  readonly registrar: Registrar;
  readonly deregister: DeregisterPolicy;
  readonly cleanup: boolean;
  /** Zero for never. */
  readonly resync: Millis;
  /** How often the engine is listed whatever its events tell. */
  readonly checkEvery: Millis;
  /** Of containers that ran before we listened: `starting` when their engine itself has only just started. */
  readonly standing: Standing;
  /** Pauses before an engine whose events broke off is asked for them again; none when it may be asleep. */
  readonly reconnects: readonly Millis[];
}

/** As many tries as the original makes. @see registrator.md 6.4 */
export const reconnects: readonly Millis[] = [10, 20, 40, 80, 160].map(ms);

/**
 * Registers the containers of one engine until its events end or `stop` aborts.
 *
 * @throws {ContainersUnreachable} the engine does not let itself be listed
 * @throws {EngineEventsEnded} the engine went away; what was registered is still offered
 */
export async function followEngine(world: EngineWorld, stop: AbortSignal): Promise<void> {
  const { containers, log } = world;
  const over = new AbortController();
  const end = () => over.abort();
  stop.addEventListener('abort', end, { once: true });
  try {
    // Listening first: what starts or dies while we list is heard afterwards, and may repeat what the list said.
    let events = await containers.events(over.signal);
    using follower = new Follower(world);
    void every(world.resync, world, over.signal, () => follower.sync('found'));
    void every(world.checkEvery, world, over.signal, () => follower.compare('found'));
    for (let standing: Standing = world.standing; ; standing = 'found') {
      log.info('Listening for Docker events ...');
      await follower.sync(standing);
      const broken = await follower.hear(events);
      await follower.idle();
      if (stop.aborted) return;
      if (broken === undefined) throw new EngineEventsEnded({});
      log.warn('the stream of Docker events broke off', { because: broken });
      events = await listenAgain(world, broken, over.signal);
    }
  } finally {
    stop.removeEventListener('abort', end);
    over.abort();
  }
}

async function listenAgain(
  { containers, clock, reconnects }: EngineWorld,
  broken: OperatingError,
  stop: AbortSignal,
): Promise<AsyncIterable<ContainerEvent>> {
  let cause = broken;
  for (const pause of reconnects) {
    await clock.sleep(pause, stop);
    try {
      return await containers.events(stop);
    } catch (error) {
      if (!(error instanceof ContainersUnreachable)) throw error;
      cause = error;
    }
  }
  throw new EngineEventsEnded({}, { cause });
}

class Follower implements Disposable {
  readonly #world: EngineWorld;
  readonly #earlyDeaths: EarlyDeaths | undefined;
  /** By container: the end of its queue. What happens to one container is handled strictly in order. */
  readonly #queues = new Map<string, Promise<void>>();

  constructor(world: EngineWorld) {
    this.#world = world;
    // How a container ended, only the engine knows.
    const { deregister, earlyDeaths } = world;
    if (deregister !== 'always') return;
    this.#earlyDeaths = earlyDeaths?.((id) => this.#inOrder(id, () => this.#removeEarly(id)));
  }

  [Symbol.dispose](): void {
    this.#earlyDeaths?.[Symbol.dispose]();
  }

  /** Brings everything in agreement with what the engine lists. @throws {ContainersUnreachable} */
  async sync(standing: Standing): Promise<void> {
    const { publisher, registrar, backend, cleanup, log } = this.#world;
    const running = await this.compare(standing);
    log.info(`Syncing services on ${running.length} containers`);
    if (!cleanup) return;
    // Only when every container has made its claims is what nobody claims stale.
    await this.idle();
    await publisher.sweep(madeBy(registrar.hostname, 'containers', backend));
  }

  /** Finds what no event told. @returns the containers that run */
  async compare(standing: Standing): Promise<readonly string[]> {
    const { containers, publisher } = this.#world;
    // Known before the list was asked for: one that is not on it has died, or is only just starting again.
    const known = publisher.claimants('containers');
    const running = await containers.list();
    for (const id of running) if (!publisher.has('containers', id)) this.#inOrder(id, () => this.#add(id, standing));
    for (const id of known) if (!running.includes(id)) this.#inOrder(id, () => this.#removeDead(id));
    return running;
  }

  /** @returns why the events broke off; undefined when they ended */
  async hear(events: AsyncIterable<ContainerEvent>): Promise<OperatingError | undefined> {
    try {
      for await (const { kind, id } of events) {
        this.#inOrder(id, () => (kind === 'start' ? this.#add(id, 'starting') : this.#remove(id)));
      }
      return undefined;
    } catch (cause) {
      if (cause instanceof ContainersUnreachable) return cause;
      throw cause;
    }
  }

  /** Waits until all that was heard of so far is handled. */
  async idle(): Promise<void> {
    await Promise.all(this.#queues.values());
  }

  #inOrder(id: string, work: () => Promise<void>): void {
    const before = this.#queues.get(id) ?? Promise.resolve();
    const after = before
      .then(work)
      .catch((error: unknown) => {
        if (!(error instanceof OperatingError)) throw error;
        this.#world.log.warn('unable to inspect container', { container: short(id), because: error });
      })
      .finally(() => {
        if (this.#queues.get(id) === after) this.#queues.delete(id);
      });
    this.#queues.set(id, after);
  }

  async #add(id: string, standing: Standing): Promise<void> {
    const { containers, publisher, registrar, backend, log } = this.#world;
    if (publisher.has('containers', id)) {
      log.info(`container, ${short(id)}, already exists, ignoring`);
      return;
    }
    this.#earlyDeaths?.look();
    const container = await containers.inspect(id);
    if (container === undefined || !container.running) return;
    const [, shared] = /^container:(.+)$/.exec(container.networkMode) ?? [];
    const neighbour = shared === undefined ? undefined : await containers.inspect(shared);
    const found = registrations(container, registrar, neighbour);
    publisher.offer('containers', id, offersOf(found, short(id), backend, log), standing);
  }

  async #remove(id: string): Promise<void> {
    const { containers, publisher, deregister } = this.#world;
    if (!publisher.knows('containers', id)) return;
    const after = deregister === 'always' ? undefined : await containers.inspect(id).catch(stillRuns);
    if (leavesServices(deregister, after)) publisher.leave('containers', id);
    else publisher.withdraw('containers', id);
  }

  async #removeEarly(id: string): Promise<void> {
    const { publisher } = this.#world;
    if (!publisher.knows('containers', id)) return;
    if ((await this.#earlyDeaths?.isGone(id)) === true) publisher.withdraw('containers', id);
  }

  /** As `#remove`, for one of whose death we heard nothing: it may have been started again since it was missed. */
  async #removeDead(id: string): Promise<void> {
    const { containers } = this.#world;
    const after = await containers.inspect(id);
    if (after?.running !== true) await this.#remove(id);
  }
}

/** A container that could not be looked at counts as one that still runs: its records stay. @see registrator.md 6.2 */
function stillRuns(cause: unknown): { readonly running: true; readonly exitCode: number } {
  if (!(cause instanceof OperatingError)) throw cause;
  return { running: true, exitCode: 0 };
}

const short = (id: string): string => id.slice(0, 12);
