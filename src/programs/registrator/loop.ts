/** The life of registrator: wait for the engine, list what runs, follow what starts and dies. @see registrator.md 6 */
import { type Millis, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { EngineEventsEnded } from '../../core/errors/dns.ts';
import { type Backend, entryOf, isLabel } from '../../core/records/backend.ts';
import { type DeregisterPolicy, leavesServices } from '../../core/records/departure.ts';
import { type Registrar, registrations } from '../../core/records/registrations.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { ContainerEvent, Containers } from '../../ports/containers/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Publisher, Standing } from './publisher.ts';

export interface RegistratorWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly containers: Containers;
  readonly publisher: Publisher;
  readonly backend: Backend;
  readonly registrar: Registrar;
  readonly deregister: DeregisterPolicy;
  readonly cleanup: boolean;
  /** Zero for never. */
  readonly resync: Millis;
  /** Of containers that ran before we listened: `starting` when their engine itself has only just started. */
  readonly standing: Standing;
}

/** How often the store is compared with what we wrote there, in case it lost it: a safety net, not a mechanism. */
const checkEvery = seconds(60);

/**
 * Registers the containers of one engine until its events end or `stop` aborts.
 *
 * @throws {ContainersUnreachable} the engine does not let itself be listed
 * @throws {EngineEventsEnded} the engine went away; what was registered is still offered
 */
export async function followEngine(world: RegistratorWorld, stop: AbortSignal): Promise<void> {
  const { containers, log } = world;
  const over = new AbortController();
  const end = () => over.abort();
  stop.addEventListener('abort', end, { once: true });
  try {
    // Listening first: what starts or dies while we list is heard afterwards, and may repeat what the list said.
    const events = await containers.events(over.signal);
    log.info('Listening for Docker events ...');
    const follower = new Follower(world);
    await follower.sync(world.standing);
    void follower.every(world.resync, over.signal, () => follower.resync());
    void follower.every(checkEvery, over.signal, () => follower.check());
    for await (const event of events) follower.take(event);
    await follower.idle();
  } finally {
    stop.removeEventListener('abort', end);
    over.abort();
  }
  if (!stop.aborted) throw new EngineEventsEnded({});
}

class Follower {
  readonly #world: RegistratorWorld;
  /** By container: the end of its queue. What happens to one container is handled strictly in order. */
  readonly #queues = new Map<string, Promise<void>>();

  constructor(world: RegistratorWorld) {
    this.#world = world;
  }

  async sync(standing: Standing): Promise<void> {
    const { containers, log, publisher, cleanup } = this.#world;
    const running = await containers.list();
    log.info(`Syncing services on ${running.length} containers`);
    this.#addUnknown(running, standing);
    if (!cleanup) return;
    for (const id of publisher.containers()) if (!running.includes(id)) publisher.withdraw(id);
  }

  async resync(): Promise<void> {
    await this.sync('found');
    this.#world.publisher.repeat();
  }

  /** Finds what an event did not tell, and what the store lost. */
  async check(): Promise<void> {
    const { containers, publisher } = this.#world;
    this.#addUnknown(await containers.list(), 'found');
    await publisher.check();
  }

  take({ kind, id }: ContainerEvent): void {
    this.#inOrder(id, () => (kind === 'start' ? this.#add(id, 'starting') : this.#remove(id)));
  }

  async idle(): Promise<void> {
    await Promise.all(this.#queues.values());
  }

  async every(interval: Millis, stop: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#world;
    while (interval > 0 && !stop.aborted) {
      await clock.sleep(interval, stop);
      if (stop.aborted) return;
      await work().catch((error: unknown) => log.warn('resync failed', { because: error }));
    }
  }

  #addUnknown(running: readonly string[], standing: Standing): void {
    for (const id of running) {
      if (!this.#world.publisher.has(id)) this.#inOrder(id, () => this.#add(id, standing));
    }
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
    if (publisher.has(id)) {
      log.debug('container already exists, ignoring', { container: short(id) });
      return;
    }
    const container = await containers.inspect(id);
    if (container === undefined || !container.running) return;
    const [, shared] = /^container:(.+)$/.exec(container.networkMode) ?? [];
    const neighbour = shared === undefined ? undefined : await containers.inspect(shared);
    const { services, ignored } = registrations(container, registrar, neighbour);
    for (const reason of ignored) log.info(`ignored: ${short(id)} ${reason}`);
    for (const service of services) {
      if (backend.kind === 'skydns2' && !isLabel(service.id)) {
        log.debug('no name leads to this id; set SERVICE_ID to a host name', { container: short(id), id: service.id });
      }
    }
    publisher.offer(
      id,
      services.map((service) => ({ ...entryOf(backend, service), service: `${short(id)} ${service.id}` })),
      standing,
    );
  }

  async #remove(id: string): Promise<void> {
    const { containers, publisher, deregister } = this.#world;
    if (!publisher.containers().includes(id)) return;
    const after = deregister === 'always' ? undefined : await containers.inspect(id).catch(() => stillUnknown);
    if (leavesServices(deregister, after)) publisher.leave(id);
    else publisher.withdraw(id);
  }
}

/** A container that could not be looked at counts as one that still runs: its records stay. @see registrator.md 6.2 */
const stillUnknown = { running: true, exitCode: 0 };

const short = (id: string): string => id.slice(0, 12);
