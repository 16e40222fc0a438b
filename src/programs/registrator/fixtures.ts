/** Registrators in this process: the real loops on the twins of the engine, systemd and the store. */
import { expect, onTestFinished } from 'vitest';
import type { Millis } from '../../core/base/time.ts';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import type { ContainerFacts } from '../../ports/containers/index.ts';
import { memoryContainers } from '../../ports/containers/memory.ts';
import type { EarlyDeaths } from '../../ports/containers/runtime-folder.ts';
import { MemoryEtcdStore } from '../../ports/etcd/memory.ts';
import { memoryFleetUnits } from '../../ports/fleet-units/memory.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import type { RecordSession, RecordStore } from '../../ports/record-store/index.ts';
import { memoryRecordStore } from '../../ports/record-store/memory.ts';
import { readCommandLine } from './config.ts';
import { runRegistrator } from './run.ts';

/** The machine that most tests are about, and another one. */
export const home = '172.17.8.103';
export const elsewhere = '172.17.8.102';

/** Records by their key below the domain, with the bytes that stand in the store. */
export type Records = Readonly<Record<string, string>>;

export const valueAt = (address: string, port = 6379): string => `{"host":"${address}","port":${port}}`;
/** The record of `redis()` on a machine. */
export const at = (address: string, port = 6379): Records => ({ 'redis/redis-1': valueAt(address, port) });
/** The record of `secondRedis()` at home. */
export const secondRecord: Records = { 'redis/redis-2': valueAt(home) };

const domain = '/skydns/dev/webapp/';

export type TestCluster = ReturnType<typeof aCluster>;
export type TestMachine = ReturnType<typeof aMachine>;

/** A store, for as many machines with an engine and a registrator as a test wants. */
export function aCluster() {
  const clock = new ManualClock();
  const shared = new MemoryEtcdStore(clock);
  /** The store as somebody sees it who is no registrator. */
  const outside = memoryRecordStore(clock, shared);
  const holds = async (expected: Records): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await settled();
    const records = (await outside.list('/skydns')).map(({ key, value }) => [key.replace(domain, ''), value]);
    expect(Object.fromEntries(records)).toEqual(expected);
  };
  return {
    clock,
    shared,
    outside,
    /** The store comes to hold these records and no others, without any time passing. */
    holds,
    /** It holds them when that much time has passed. */
    async holdsAfter(duration: Millis, expected: Records): Promise<void> {
      await clock.advance(duration);
      await holds(expected);
    },
    async put(records: Records): Promise<void> {
      for (const [key, value] of Object.entries(records)) await outside.put(`${domain}${key}`, value);
    },
    remove: (key: string): Promise<boolean> => outside.remove(`${domain}${key}`),
  };
}

/** A machine of the cluster, whose registrator runs from `start()` to the end of the test. */
export function aMachine({ clock, shared }: TestCluster, address: string, argv: readonly string[] = []) {
  const containers = memoryContainers();
  const units = memoryFleetUnits();
  const early = aRuntime();
  const log = memoryLog();
  const store = memoryRecordStore(clock, shared);
  const engine = { engineRuns: undefined as (() => Promise<'already' | 'only now'>) | undefined };
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const commandLine = readCommandLine(['-ip', address, ...argv, 'skydns2:///webapp.dev']);
  if (commandLine.kind !== 'run') throw new Error(commandLine.kind);
  const start = () =>
    runRegistrator(
      {
        clock,
        log,
        store: async () => store,
        containers: async () => containers,
        earlyDeaths: (_, heard) => early.watch(heard),
        fleetUnits: async () => units,
        engineRuns: engine.engineRuns,
        hostname: `core-${address.split('.').at(-1)}`,
        resolve: async () => address,
      },
      commandLine.options,
      commandLine.uri,
      commandLine.backend,
      stop.signal,
    );
  const said = () => log.events.map(({ event }) => event);
  return { containers, units, early, log, said, store, line: store.line, stop, engine, start };
}

/** A machine at home, alone in its cluster; its registrator is not started yet. */
export function alone(argv: readonly string[] = []) {
  const cluster = aCluster();
  return { cluster, machine: aMachine(cluster, home, argv) };
}

/** The same with its registrator running. */
export function started(argv: readonly string[] = []) {
  const { cluster, machine } = alone(argv);
  return { cluster, machine, running: machine.start() };
}

/** The same with a redis that was started behind registrator and has its record; `id` is the container's. */
export async function serving(argv: readonly string[] = []) {
  const { cluster, machine, running } = started(argv);
  const id = machine.containers.start(redis());
  await cluster.holds(at(home));
  return { cluster, machine, running, id };
}

/** Two machines whose registrators run, and a redis, `id`, on the first of them; the second one is at home. */
export async function aPair() {
  const cluster = aCluster();
  const [first, second] = [aMachine(cluster, elsewhere), aMachine(cluster, home)];
  void first.start();
  void second.start();
  const id = first.containers.start(redis());
  await cluster.holds(at(elsewhere));
  return { cluster, first, second, id };
}

export const redis = (facts: Partial<ContainerFacts> = {}): Partial<ContainerFacts> => ({
  name: 'redis',
  image: 'redis:2.8',
  environment: ['SERVICE_ID=redis-1'],
  exposed: ['6379/tcp'],
  published: { '6379/tcp': [{ address: '0.0.0.0', port: 6379 }] },
  ...facts,
});
export const secondRedis = (facts: Partial<ContainerFacts> = {}): Partial<ContainerFacts> =>
  redis({ name: 'r2', environment: ['SERVICE_ID=redis-2'], ...facts });

/** Takes the machine's engine away, before its registrator is started. @returns what brings it, once for each wait */
export function anAbsentEngine({ engine }: TestMachine): () => void {
  let appear = () => {};
  engine.engineRuns = () =>
    new Promise((resolve) => {
      appear = () => resolve('only now');
    });
  return () => appear();
}

/** Sessions of this store write by `put`, which is handed the real write; `more` replaces what else they do. */
export function withWrites(
  store: RecordStore,
  put: (write: () => Promise<void>, key: string) => Promise<void>,
  more: Partial<RecordSession> = {},
): void {
  const { session } = store;
  store.session = async (ttl) => {
    const opened = await session(ttl);
    return {
      lost: opened.lost,
      put: (key, value) => put(() => opened.put(key, value), key),
      [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
      ...more,
    };
  };
}

/** A stream of events that never says a word. */
export async function* silence(stop: AbortSignal): AsyncGenerator<never, void, void> {
  await new Promise((resolve) => stop.addEventListener('abort', resolve, { once: true }));
}

/** The folder of a container runtime: what lives is not gone. */
function aRuntime() {
  const gone = new Set<string>();
  let tell: (id: string) => void = () => {};
  return {
    watch(heard: (id: string) => void): EarlyDeaths {
      const look = () => {
        tell = heard;
      };
      return { look, isGone: async (id) => gone.has(id), [Symbol.dispose]() {} };
    },
    end(id: string) {
      gone.add(id);
      tell(id);
    },
    endAndStart(id: string) {
      tell(id);
    },
  };
}
