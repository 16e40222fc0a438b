/** A simulated machine: its systemd, the fleetd on it, and the line to etcd, each of which can fail on its own. */
import type { MachineId } from '../core/machine/types.ts';
import type { UnitName } from '../core/unit/types.ts';
import type { Etcd } from '../ports/etcd/index.ts';
import type { MemoryEtcd, MemoryEtcdStore } from '../ports/etcd/memory.ts';
import { registryOn } from '../ports/registry/etcd.ts';
import type { Registry } from '../ports/registry/index.ts';
import type { UnitManager } from '../ports/unit-manager/index.ts';
import { MemorySystemd, MemoryUnitManager } from '../ports/unit-manager/memory.ts';
import type { Config } from '../programs/fleetd/config.ts';
import { type Fleetd, runFleetd } from './fleetd.ts';
import type { History } from './history.ts';

export interface MachineParts {
  readonly id: MachineId;
  readonly store: MemoryEtcdStore;
  readonly history: History;
  readonly config: Partial<Config>;
  /** What the machine meets at the end of its line to etcd. */
  readonly etcdBehind: (line: Etcd, id: MachineId) => Etcd;
}

interface Process {
  readonly fleetd: Fleetd;
  readonly registry: Registry;
  readonly line: MemoryEtcd;
  readonly units: MortalUnitManager;
}

export class Machine {
  readonly id: MachineId;
  readonly systemd: MemorySystemd;
  readonly #parts: MachineParts;
  #boots = 0;
  #powered = false;
  #cut = false;
  #process: Process | undefined;

  constructor(parts: MachineParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.systemd = new MemorySystemd(parts.store.clock);
  }

  get powered(): boolean {
    return this.#powered;
  }

  /** Whether nothing passes between it and etcd. */
  get cut(): boolean {
    return this.#cut;
  }

  /** The registry as the daemon on it sees it; undefined while none runs. */
  get registry(): Registry | undefined {
    return this.#process?.registry;
  }

  powerOn(): void {
    if (this.#powered) return;
    this.#note('powered on');
    this.#powered = true;
    this.#boots += 1;
    this.#startFleetd();
  }

  powerOff(): void {
    if (!this.#powered) return;
    this.#note('loses power');
    this.#powered = false;
    this.#kill();
    this.systemd.powerOff();
  }

  /** The daemon dies where it stands; units stay. */
  crash(): void {
    if (this.#process === undefined) return;
    this.#note('fleetd crashes');
    this.#kill();
  }

  /** What systemd does after a crash. */
  recover(): void {
    if (!this.#powered || this.#process !== undefined) return;
    this.#note('fleetd starts again');
    this.#startFleetd();
  }

  /** As `systemctl restart fleet`. */
  async restart(): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#note('fleetd is restarted');
    await ending.fleetd.end('hand-over');
    if (this.#process !== ending) return;
    this.#kill();
    this.#startFleetd();
  }

  cutOff(): void {
    if (this.#cut) return;
    this.#note('cut off');
    this.#cut = true;
    this.#process?.line.cut();
  }

  rejoin(): void {
    if (!this.#cut) return;
    this.#note('reaches etcd again');
    this.#cut = false;
    this.#process?.line.mend();
  }

  #startFleetd(): void {
    const { id, store, history, config, etcdBehind } = this.#parts;
    const { clock } = store;
    const log = history.log(id);
    const line = store.client();
    if (this.#cut) line.cut();
    const registry = registryOn({ etcd: etcdBehind(line, id), clock, log });
    const units = new MortalUnitManager(this.systemd);
    const token = `boot ${this.#boots} of ${id}`;
    const fleetd = runFleetd({ clock, log, registry, units, id, token, config });
    this.#process = { fleetd, registry, line, units };
  }

  /** Nothing that the process still wants to say or do gets out of it; its lease runs out. */
  #kill(): void {
    const process = this.#process;
    this.#process = undefined;
    process?.line.cut();
    process?.units.die();
    // Deaf and mute already; this only lets its timers go.
    void process?.fleetd.end('hand-over');
  }

  #note(what: string): void {
    this.#parts.history.note(this.id, what);
  }
}

const never = <T>(): Promise<T> => new Promise(() => {});

/** The handle of a process on systemd; once the process is dead, nothing it asks for happens, and it never hears why. */
class MortalUnitManager extends MemoryUnitManager implements UnitManager {
  #dead = false;

  die(): void {
    this.#dead = true;
    void super[Symbol.asyncDispose]();
  }

  override load(...args: Parameters<UnitManager['load']>): Promise<void> {
    return this.#dead ? never() : super.load(...args);
  }

  override start(...args: Parameters<UnitManager['start']>): Promise<void> {
    return this.#dead ? never() : super.start(...args);
  }

  override stop(...args: Parameters<UnitManager['stop']>): Promise<void> {
    return this.#dead ? never() : super.stop(...args);
  }

  override kill(...args: Parameters<UnitManager['kill']>): Promise<void> {
    return this.#dead ? never() : super.kill(...args);
  }

  override async unload(name: UnitName): Promise<void> {
    await this.stop(name);
    // systemd goes on with a stop when nobody waits for it any more; the rest was this process's own to do.
    return this.#dead ? never() : super.unload(name);
  }
}
