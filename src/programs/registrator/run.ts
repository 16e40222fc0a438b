/** From the first try to reach the backend to the end. */
import { ms, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { BackendUnreachable } from '../../core/errors/dns.ts';
import type { Backend } from '../../core/records/backend.ts';
import type { Registrar } from '../../core/records/registrations.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Containers } from '../../ports/containers/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { RecordStore } from '../../ports/record-store/index.ts';
import type { Options } from './config.ts';
import { followEngine } from './loop.ts';
import { type Lifetime, Publisher } from './publisher.ts';

export interface RunWorld {
  readonly clock: Clock;
  readonly log: Log;
  /** Opened when first needed: a machine whose engine never runs pays for neither. */
  readonly store: () => Promise<RecordStore>;
  readonly containers: () => Promise<Containers>;
  /** Resolves when an engine runs, with whether it already did; undefined when it is to be taken for granted. */
  readonly engineRuns: ((stop: AbortSignal) => Promise<'already' | 'only now'>) | undefined;
  readonly hostname: string;
  /** @returns undefined when the name has no address */
  readonly resolve: (hostname: string) => Promise<string | undefined>;
}

/** Pause before an engine that did not answer is tried again. */
const engineRetry = seconds(1);

/**
 * @throws {BackendUnreachable} after as many tries as the options allow
 * @throws {ContainersUnreachable} {EngineEventsEnded} unless the options say to wait for the engine's return
 */
export async function runRegistrator(
  world: RunWorld,
  options: Options,
  uri: string,
  backend: Backend,
  stop: AbortSignal,
): Promise<void> {
  const { clock, log, engineRuns } = world;
  if (options.ip !== '') log.info(`Forcing host IP to ${options.ip}`);
  log.info(`Using ${backend.kind} adapter: ${uri}`);
  // Before the backend: a machine whose engine sleeps need not hold a connection to anything.
  const before = await engineRuns?.(stop);
  if (stop.aborted) return;
  const store = await world.store();
  await reachBackend(world, store, options, uri, stop);
  const publisher = new Publisher({ store, clock, log, lifetime: lifetimeOf(options) });

  const follow = async (engine: EngineSeen): Promise<void> => {
    const { deregister, cleanup, resync } = options;
    await followEngine(
      {
        clock,
        log,
        containers: await world.containers(),
        publisher,
        backend,
        registrar: await registrarOf(world, options),
        deregister,
        cleanup,
        resync: seconds(resync),
        standing: engine === 'already' ? 'found' : 'starting',
      },
      stop,
    );
  };

  const followAll = async (): Promise<void> => {
    for (let engine: EngineSeen = before; !stop.aborted; engine = await engineRuns?.(stop)) {
      try {
        await follow(engine);
      } catch (error) {
        if (engineRuns === undefined || !(error instanceof OperatingError)) throw error;
        log.warn('the Docker engine went away', { because: error });
        publisher.withdrawAll();
        await clock.sleep(engineRetry, stop);
      }
    }
  };
  await Promise.all([publisher.run(stop), followAll()]);
}

/** Undefined when nobody looks. */
type EngineSeen = 'already' | 'only now' | undefined;

async function registrarOf(world: RunWorld, options: Options): Promise<Registrar> {
  return {
    hostname: world.hostname,
    hostAddress: await world.resolve(world.hostname),
    ip: options.ip,
    internal: options.internal,
    explicit: options.explicit,
    ipLabel: options.useIpFromLabel,
  };
}

async function reachBackend(world: RunWorld, store: RecordStore, options: Options, uri: string, stop: AbortSignal) {
  const { clock, log } = world;
  const most = options.retryAttempts < 0 ? Number.POSITIVE_INFINITY : options.retryAttempts + 1;
  for (let attempt = 1; !stop.aborted; attempt++) {
    log.info(`Connecting to backend (${attempt - 1}/${options.retryAttempts})`);
    try {
      await store.get('/skydns/config');
      return;
    } catch (error) {
      if (!(error instanceof OperatingError)) throw error;
      if (attempt >= most) throw new BackendUnreachable({ uri, attempts: attempt }, { cause: error });
      log.warn('backend not reached', { because: error });
    }
    await clock.sleep(ms(options.retryInterval), stop);
  }
}

function lifetimeOf({ ttl, ttlRefresh, sessionTtl }: Options): Lifetime {
  if (ttl > 0) return { kind: 'expiring', ttl: seconds(ttl), refresh: seconds(ttlRefresh) };
  return sessionTtl > 0 ? { kind: 'session', ttl: seconds(sessionTtl) } : { kind: 'lasting' };
}
