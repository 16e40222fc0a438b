/**
 * A fleet API in memory: what it stores it stores by the server's own rules (`core/api/put-unit.ts`), and what a cluster
 * would do about it, a test does with `place`, `report` and `whenTargeted`.
 */
import type { UnitRequest } from '../../core/api/batch.ts';
import { type ApiMachine, type ApiUnit, type ApiUnitState, listOrder } from '../../core/api/entities.ts';
import { Teller, type UnitNews } from '../../core/api/follow.ts';
import type { MetadataChange } from '../../core/api/patch-machines.ts';
import { decidePut, type UnitPut } from '../../core/api/put-unit.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { ApiRefused } from '../../core/errors/fleet-api.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { hashOf, isGlobal, type TargetState, type UnitFile, type UnitName, unitFrom } from '../../core/unit/index.ts';
import type { FleetApi, PutOutcome } from './index.ts';

type Reaction = (unit: ApiUnit, api: MemoryFleetApi) => void;

export class MemoryFleetApi implements FleetApi {
  /** Plays the cluster: called after every change of a unit's target state, and after its removal with `inactive`. */
  whenTargeted: Reaction = () => {};
  /** False plays fleet's own daemon, which has no streams. */
  streamsChanges = true;
  /** False plays fleet's own daemon, which takes units one by one. */
  takesBatches = true;
  readonly #machines = new Map<MachineId, ApiMachine>();
  readonly #units = new Map<UnitName, ApiUnit>();
  readonly #states = new Map<string, ApiUnitState>();
  readonly #waiting = new Set<() => void>();
  #version = 0;

  async machines(): Promise<readonly ApiMachine[]> {
    return [...this.#machines.values()].sort(listOrder.machines);
  }

  async units(): Promise<readonly ApiUnit[]> {
    const shown = (unit: ApiUnit): ApiUnit => (isGlobal(unit.options) ? { ...unit, current: 'inactive' } : unit);
    return [...this.#units.values()].map(shown).sort(listOrder.units);
  }

  async unit(name: UnitName): Promise<ApiUnit | undefined> {
    return this.#units.get(name);
  }

  async states(unit?: UnitName): Promise<readonly ApiUnitState[]> {
    const all = [...this.#states.values()].sort(listOrder.states);
    return unit === undefined ? all : all.filter((state) => state.unit === unit);
  }

  async putUnit(name: UnitName, file: UnitFile): Promise<void> {
    this.#put({ name, options: file.length === 0 ? undefined : file, desired: undefined });
  }

  async setTarget(name: UnitName, target: TargetState): Promise<void> {
    this.#put({ name, options: undefined, desired: target });
  }

  async putUnits(requests: readonly UnitRequest[]): Promise<PutOutcome> {
    for (const [done, request] of requests.entries()) {
      try {
        if ('options' in request) await this.putUnit(request.name, request.options);
        else await this.setTarget(request.name, request.desired);
      } catch (failure) {
        return { done, failure };
      }
    }
    return { done: requests.length };
  }

  async removeUnit(name: UnitName): Promise<boolean> {
    const unit = this.#units.get(name);
    if (unit === undefined) return false;
    this.#units.delete(name);
    this.#changed();
    this.whenTargeted({ ...unit, desired: 'inactive' }, this);
    return true;
  }

  async setMetadata(changes: readonly MetadataChange[]): Promise<void> {
    for (const { machine, key, value } of changes) {
      const known = this.#machines.get(machine);
      if (known === undefined) continue;
      const { [key]: _replaced, ...others } = known.metadata;
      this.#machines.set(machine, { ...known, metadata: value === undefined ? others : { ...others, [key]: value } });
    }
    this.#changed();
  }

  async changes(stop: AbortSignal): Promise<AsyncIterable<void> | undefined> {
    return this.streamsChanges ? this.#stream(stop) : undefined;
  }

  async follow(names: readonly UnitName[], stop: AbortSignal): Promise<AsyncIterable<UnitNews> | undefined> {
    return this.streamsChanges ? this.#news(new Teller(names), stop) : undefined;
  }

  /** A machine joins, or announces itself anew. */
  join(id: string, publicIp = '', metadata: Readonly<Record<string, string>> = {}): void {
    this.#machines.set(id as MachineId, { id: id as MachineId, publicIp, metadata });
    this.#changed();
  }

  /** A machine is lost, and what it reported with it. */
  leave(id: string): void {
    this.#machines.delete(id as MachineId);
    for (const [key, { machine }] of this.#states) if (machine === id) this.#states.delete(key);
    this.#changed();
  }

  /** The cluster puts a unit on a machine, or nowhere, in a current state. */
  place(name: string, machine: string | undefined, current: TargetState): void {
    const unit = this.#units.get(name as UnitName);
    if (unit === undefined) return;
    this.#units.set(unit.name, { ...unit, machine: machine as MachineId | undefined, current });
    this.#changed();
  }

  /** A machine reports systemd's load, active and sub state of a unit; nothing when it forgets the unit. */
  report(name: string, machine: string, states?: readonly [load: string, active: string, sub: string]): void {
    const key = `${name} ${machine}`;
    if (states === undefined) this.#states.delete(key);
    else {
      const [load, active, sub] = states;
      const file = this.#units.get(name as UnitName)?.options ?? [];
      const unit = name as UnitName;
      this.#states.set(key, { unit, machine: machine as MachineId, hash: hashOf(file), load, active, sub });
    }
    this.#changed();
  }

  #put(put: UnitPut): void {
    const existing = this.#units.get(put.name);
    const decision = decide(put, existing);
    const unit: ApiUnit = {
      name: put.name,
      options: decision.kind === 'store' ? decision.file : (existing?.options ?? []),
      desired: decision.target,
      current: existing?.current,
      machine: existing?.machine,
    };
    const current = isGlobal(unit.options) ? undefined : (unit.current ?? 'inactive');
    this.#units.set(put.name, { ...unit, current });
    this.#changed();
    this.whenTargeted(unit, this);
  }

  #changed(): void {
    this.#version++;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async *#news(teller: Teller, stop: AbortSignal): AsyncGenerator<UnitNews> {
    for await (const _change of this.#stream(stop)) {
      const news = teller.newsAmong(await this.units(), await this.states());
      if (news !== undefined) yield news;
    }
  }

  async *#stream(stop: AbortSignal): AsyncGenerator<void> {
    for (let seen = -1; !stop.aborted; ) {
      if (seen !== this.#version) {
        seen = this.#version;
        yield;
        continue;
      }
      await new Promise<void>((resolve) => {
        const wake = () => {
          stop.removeEventListener('abort', wake);
          this.#waiting.delete(wake);
          resolve();
        };
        stop.addEventListener('abort', wake, { once: true });
        this.#waiting.add(wake);
      });
    }
  }
}

/** The server's decision, its refusals as a client sees them. */
function decide(put: UnitPut, existing: ApiUnit | undefined) {
  try {
    return decidePut(put, existing && unitFrom(existing.name, existing.options, existing.desired));
  } catch (cause) {
    if (!(cause instanceof OperatingError)) throw cause;
    throw new ApiRefused({ status: cause.status, message: cause.message, body: '' }, { cause });
  }
}

/**
 * A cluster that does at once what is asked of it: puts units on the machine, runs them, takes them off.
 *
 * @example api.whenTargeted = obedient('m1');
 */
export const obedient =
  (machine: string): Reaction =>
  (unit, api) => {
    const launched = unit.desired === 'launched';
    if (!isGlobal(unit.options)) api.place(unit.name, unit.desired === 'inactive' ? undefined : machine, unit.desired);
    if (unit.desired === 'inactive') api.report(unit.name, machine);
    else api.report(unit.name, machine, launched ? ['loaded', 'active', 'running'] : ['loaded', 'inactive', 'dead']);
  };
