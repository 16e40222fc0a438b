/** From the first try to reach the backend to the end. */
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { BackendUnreachable } from '../../core/errors/dns.ts';
import { type Backend, rootOf } from '../../core/records/backend.ts';
import type { Registrar } from '../../core/records/registrations.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Containers } from '../../ports/containers/index.ts';
import type { EarlyDeaths } from '../../ports/containers/runtime-folder.ts';
import type { FleetUnits } from '../../ports/fleet-units/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { RecordStore } from '../../ports/record-store/index.ts';
import type { Options } from './config.ts';
import { followEngine, reconnects } from './engine-loop.ts';
import { every } from './every.ts';
import { type Lifetime, Publisher } from './publisher.ts';
import { followUnits } from './units-loop.ts';

export interface RunWorld {
  readonly clock: Clock;
  readonly log: Log;
  /** Opened when first needed: a machine whose engine never runs pays for neither. */
  readonly store: () => Promise<RecordStore>;
  readonly containers: () => Promise<Containers>;
  /** Opened when the options name the runtime's folder. */
  readonly earlyDeaths: (folder: string, heard: (id: string) => void) => EarlyDeaths;
  /** Opened when the options name fleet's units directory. */
  readonly fleetUnits: (directory: string) => Promise<FleetUnits>;
  /** Resolves when an engine runs, with whether it already did; undefined when it is to be taken for granted. */
  readonly engineRuns: ((stop: AbortSignal) => Promise<'already' | 'only now'>) | undefined;
  readonly hostname: string;
  /** @returns undefined when the name has no address */
  readonly resolve: (hostname: string) => Promise<string | undefined>;
}

/** Pause before an engine that did not answer is tried again. */
const engineRetry = seconds(1);

/** How often the world is compared with what events told: a safety net, not a mechanism. */
const checkEvery = seconds(60);

/**
 * @throws {BackendUnreachable} after as many tries as the options allow
 * @throws {ContainersUnreachable} {EngineEventsEnded} unless the options say to wait for the engine's return
 * @throws {SystemdUnreachable} {UnitFilesUnusable} when the options say to follow fleet's units
 */
export async function runRegistrator(
  world: RunWorld,
  options: Options,
  uri: string,
  backend: Backend,
  stop: AbortSignal,
): Promise<void> {
  const { log } = world;
  if (options.ip !== '') log.info(`Forcing host IP to ${options.ip}`);
  log.info(`Using ${backend.kind} adapter: ${uri}`);
  const over = new AbortController();
  const end = () => over.abort();
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  try {
    await new Run(world, options, uri, backend, over.signal).toItsEnd();
  } finally {
    stop.removeEventListener('abort', end);
    end();
  }
}

class Run {
  readonly #world: RunWorld;
  readonly #options: Options;
  readonly #uri: string;
  readonly #backend: Backend;
  readonly #stop: AbortSignal;
  #publisher: Promise<Publisher> | undefined;
  #publishing: Promise<void> = Promise.resolve();
  #fail: (cause: unknown) => void = () => {};

  constructor(world: RunWorld, options: Options, uri: string, backend: Backend, stop: AbortSignal) {
    this.#world = world;
    this.#options = options;
    this.#uri = uri;
    this.#backend = backend;
    this.#stop = stop;
  }

  async toItsEnd(): Promise<void> {
    const failure = new Promise<never>((_, reject) => {
      this.#fail = reject;
    });
    const registrar = await this.#registrar();
    const following = [this.#followEngines(registrar)];
    if (this.#options.fleetUnits !== '') following.push(this.#followFleet(registrar));
    await Promise.race([Promise.all(following), failure]);
    await this.#publishing;
  }

  async #followEngines(registrar: Registrar): Promise<void> {
    const { clock, log, engineRuns, earlyDeaths } = this.#world;
    const { deregister, cleanup, resync, dockerRuntimeFolder: folder } = this.#options;
    while (!this.#stop.aborted) {
      // Before the backend: a machine whose engine sleeps need not hold a connection to anything.
      const seen = await engineRuns?.(this.#stop);
      if (this.#stop.aborted) return;
      const publisher = await this.#openPublisher();
      try {
        await followEngine(
          {
            ...{ clock, log, publisher, registrar, deregister, cleanup, checkEvery },
            backend: this.#backend,
            containers: await this.#world.containers(),
            earlyDeaths: folder === '' ? undefined : (heard) => earlyDeaths(folder, heard),
            resync: seconds(resync),
            standing: seen === 'only now' ? 'starting' : 'found',
            // Whoever connects to an engine that sleeps, or is being stopped, wakes it.
            reconnects: engineRuns === undefined ? reconnects : [],
          },
          this.#stop,
        );
      } catch (error) {
        if (engineRuns === undefined || !(error instanceof OperatingError)) throw error;
        log.warn('the Docker engine went away', { because: error });
        publisher.withdrawAll('containers');
        await clock.sleep(engineRetry, this.#stop);
      }
    }
  }

  async #followFleet(registrar: Registrar): Promise<void> {
    const { clock, log } = this.#world;
    await using units = await this.#world.fleetUnits(this.#options.fleetUnits);
    const publisher = () => this.#openPublisher();
    const { cleanup } = this.#options;
    const world = { clock, log, units, publisher, backend: this.#backend, registrar, cleanup, checkEvery };
    await followUnits(world, this.#stop);
  }

  /** One for containers and units; made, and the backend reached, when the first of them is there. */
  #openPublisher(): Promise<Publisher> {
    this.#publisher ??= this.#makePublisher();
    return this.#publisher;
  }

  async #makePublisher(): Promise<Publisher> {
    const { clock, log } = this.#world;
    const store = await this.#world.store();
    await this.#reachBackend(store);
    const lifetime = lifetimeOf(this.#options);
    const publisher = new Publisher({ store, clock, log, lifetime, root: rootOf(this.#backend) });
    this.#publishing = publisher.run(this.#stop);
    this.#publishing.catch((cause: unknown) => this.#fail(cause));
    void every(seconds(this.#options.resync), this.#world, this.#stop, async () => publisher.repeat());
    void every(checkEvery, this.#world, this.#stop, () => publisher.check());
    return publisher;
  }

  async #reachBackend(store: RecordStore): Promise<void> {
    const { clock, log } = this.#world;
    const { retryAttempts, retryInterval } = this.#options;
    const most = retryAttempts < 0 ? Number.POSITIVE_INFINITY : retryAttempts + 1;
    for (let attempt = 1; !this.#stop.aborted; attempt++) {
      log.info(`Connecting to backend (${attempt - 1}/${retryAttempts})`);
      try {
        // A real read: it needs a majority of etcd's members, as every registration will.
        await store.get('/skydns/config');
        return;
      } catch (error) {
        if (!(error instanceof OperatingError)) throw error;
        if (attempt >= most) throw new BackendUnreachable({ uri: this.#uri, attempts: attempt }, { cause: error });
        log.warn('backend not reached', { because: error });
      }
      await clock.sleep(ms(retryInterval), this.#stop);
    }
  }

  async #registrar(): Promise<Registrar> {
    const { hostname, resolve } = this.#world;
    const { ip, internal, explicit, useIpFromLabel } = this.#options;
    return { hostname, hostAddress: await resolve(hostname), ip, internal, explicit, ipLabel: useIpFromLabel };
  }
}

/**
 * What etcd may add to a lease: a member that becomes leader prolongs every lease to its whole term, after an election;
 * and members look for expired leases only twice a second. fleetd asks for its machine's lease by the same rule.
 */
const margin = seconds(1);

function lifetimeOf({ ttl, ttlRefresh, sessionTtl }: Options): Lifetime {
  if (ttl > 0) return { kind: 'expiring', ttl: seconds(ttl), refresh: seconds(ttlRefresh) };
  if (sessionTtl === 0) return { kind: 'lasting' };
  const term: Millis = ms(Math.max(seconds(sessionTtl) - margin, seconds(1)));
  return { kind: 'session', ttl: term };
}
