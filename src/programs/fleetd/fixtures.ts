/** Whole fleetds in this process: the real loops on the twins of everything they touch. */
import { decodeMachine, decodeUnit, decodeUnitState } from '../../core/api/entities.ts';
import { decodePage } from '../../core/api/pages.ts';
import { paths } from '../../core/api/paths.ts';
import { presets } from '../../core/base/settings.ts';
import { type Millis, seconds } from '../../core/base/time.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { parseUnitFile } from '../../core/unit/index.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { MemoryEtcdStore } from '../../ports/etcd/memory.ts';
import { type MemoryLog, memoryLog } from '../../ports/log/memory.ts';
import { type MemoryRegistry, memoryRegistry } from '../../ports/registry/memory.ts';
import type { Handler } from '../../ports/sockets/index.ts';
import { MemorySystemd, MemoryUnitManager } from '../../ports/unit-manager/memory.ts';
import { Gate } from './api/gate.ts';
import { apiHandler } from './api/handler.ts';
import { type Config, settings } from './config.ts';
import { countedRegistry } from './metrics/counted-registry.ts';
import { countedUnits } from './metrics/counted-units.ts';
import { families } from './metrics/families.ts';
import { fleetMetrics } from './metrics/metrics.ts';
import { type Ending, Server } from './server.ts';

export const agentTtl = seconds(3);

/** A fleetd that runs; `systemd` stays when it ends. */
export interface Daemon {
  readonly id: string;
  readonly server: Server;
  readonly api: Handler;
  readonly log: MemoryLog;
  readonly registry: MemoryRegistry;
  readonly gate: Gate;
  /** What it told its systemd about itself. */
  readonly statuses: readonly string[];
  config: Config;
  /** Ends it as a signal does; resolves when the process would be gone. */
  end(ending: Ending): Promise<void>;
  /** The process dies where it stands: nothing is said to anybody. */
  crash(): void;
}

export class TestCluster implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly store = new MemoryEtcdStore(this.clock);
  readonly systemds = new Map<string, MemorySystemd>();
  readonly #daemons = new Set<Daemon>();
  /** The registry as somebody sees it who is no machine. */
  readonly observer = memoryRegistry(this.clock, this.store);

  /** The machine's systemd, which outlives its daemons. */
  systemd(id: string): MemorySystemd {
    const known = this.systemds.get(id) ?? new MemorySystemd(this.clock);
    this.systemds.set(id, known);
    return known;
  }

  /** Those that run on the machine now. */
  daemons(id: string): readonly Daemon[] {
    return [...this.#daemons].filter((daemon) => daemon.id === id);
  }

  /** Starts a daemon on the machine; `token` is the boot's. */
  start(id: string, changes: Partial<Config> = {}, token = `boot of ${id}`): Daemon {
    const { clock } = this;
    const log = memoryLog();
    const metrics = fleetMetrics();
    const registry = countedRegistry(memoryRegistry(clock, this.store, log), clock, metrics);
    const units = countedUnits(new MemoryUnitManager(this.systemd(id)), clock, metrics);
    const gate = new Gate(clock);
    const stop = new AbortController();
    const machine = {
      id: async () => id as MachineId,
      bootToken: async () => token,
      publicIp: async () => `10.0.0.${this.systemds.size}`,
    };
    const config: Config = { ...presets(settings), staticMetadata: {}, agentTtl, ...changes };
    const statuses: string[] = [];
    const status = (text: string) => void statuses.push(text);
    const world = { clock, log, registry, units, machine, metrics, status, config: () => daemon.config };
    const server = new Server(world, gate);
    const process = () => ({ residentBytes: 1, cpuSeconds: 1, startedAt: 1, openFiles: 1 });
    const api = apiHandler({
      clock,
      log,
      registry,
      gate,
      metrics,
      tokenLimit: () => daemon.config.tokenLimit,
      families: () => families({ units, metrics, process }),
    });
    let ending: Ending = 'leave';
    const running = server.run(stop.signal, async () => ending);
    const close = async () => {
      this.#daemons.delete(daemon);
      await registry[Symbol.asyncDispose]();
      await units[Symbol.asyncDispose]();
    };
    const daemon: Daemon = {
      id,
      server,
      api,
      log,
      registry,
      gate,
      statuses,
      config,
      async end(asked) {
        ending = asked;
        stop.abort();
        await running;
        await close();
      },
      crash: () => {
        this.#daemons.delete(daemon);
        registry.line.cut();
      },
    };
    this.#daemons.add(daemon);
    return daemon;
  }

  /** Waits for a change of the registry after which it is so; fails by the test's own time limit. */
  async until(holds: () => Promise<boolean>): Promise<void> {
    const stop = new AbortController();
    for await (const _change of this.observer.changes(stop.signal)) if (await holds()) break;
    stop.abort();
  }

  pass(duration: Millis): Promise<void> {
    return this.clock.advance(duration);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of [...this.#daemons]) await daemon.end('hand-over');
    await this.observer[Symbol.asyncDispose]();
  }
}

const json = { 'content-type': 'application/json' };
export const call = (api: Handler, method: string, path: string, body?: object): Promise<Response> =>
  api(
    new Request(`http://fleet${path}`, {
      method,
      ...(body === undefined ? {} : { headers: json, body: JSON.stringify(body) }),
    }),
  );

/** Submits a unit file and asks for a state of it. */
export async function submit(api: Handler, name: string, text: string, desiredState = 'launched'): Promise<number> {
  const response = await call(api, 'PUT', paths.unit(name), { name, desiredState, options: parseUnitFile(text) });
  return response.status;
}

export async function unitOn(api: Handler, name: string) {
  const response = await call(api, 'GET', paths.unit(name));
  return response.status === 200 ? decodeUnit(await response.json()) : undefined;
}

export async function statesOn(api: Handler) {
  return decodePage('states', await (await call(api, 'GET', paths.states)).json(), decodeUnitState).items;
}

export async function machinesOn(api: Handler) {
  return decodePage('machines', await (await call(api, 'GET', paths.machines)).json(), decodeMachine).items;
}

export const isActive = async (api: Handler, name: string, machine?: string): Promise<boolean> =>
  (await statesOn(api)).some(
    (state) => state.unit === name && state.active === 'active' && (machine ?? state.machine) === state.machine,
  );
