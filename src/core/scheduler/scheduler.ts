/** The engine's judgement, kept warm: what changed since the last snapshot is all that is decided again. */
import { by, compareText } from '../base/order.ts';
import type { Cluster, Placement } from '../cluster/types.ts';
import type { MachineId } from '../machine/types.ts';
import type { Unit } from '../unit/types.ts';
import { Draft, type DraftMachine, type DraftUnit } from './draft.ts';
import { Holds } from './holds.ts';
import { Pass } from './pass.ts';
import type { Decision } from './types.ts';

/**
 * Decides about one cluster again and again. Every answer is the one that a new scheduler would give for the same
 * snapshot; it only costs less, because the picture of the cluster is kept and compared.
 *
 * @see fleet.md section 3
 */
export class Scheduler {
  #draft = new Draft();
  #holds = new Holds();
  #seen: Cluster = nothing;
  #round = 0;

  /**
   * What must change so that every unit is where it should be: first what leaves, then what comes, then what only
   * changes, then what cannot be placed and why. Units come by name, but followers after the unit they follow.
   *
   * @param cluster a snapshot; its arrays are compared by identity and must not change afterwards
   */
  decide(cluster: Cluster): readonly Decision[] {
    // Patterns of units long gone make the draft slow.
    if (this.#draft.patternsRemembered > 2 * cluster.units.length + 1_000) this.#forget();
    this.#round++;
    const touched = new Set<DraftMachine>();
    if (cluster.machines !== this.#seen.machines) this.#followMachines(cluster, touched);
    if (cluster.units !== this.#seen.units) this.#followUnits(cluster, touched);
    const strays = this.#followPlacements(cluster);
    const unsettled = this.#followHomes(touched);
    this.#seen = cluster;
    const pass = new Pass(this.#draft, unsettled);
    const waiting = pass.run(touched);
    return [...strays, ...pass.changes(), ...this.#holds.of(waiting, this.#draft)];
  }

  #forget(): void {
    this.#draft = new Draft();
    this.#holds = new Holds();
    this.#seen = nothing;
  }

  #followMachines({ machines }: Cluster, touched: Set<DraftMachine>): void {
    const draft = this.#draft;
    const present = new Set<MachineId>();
    for (const machine of machines) {
      present.add(machine.id);
      const known = draft.machines.get(machine.id);
      if (known === undefined) {
        touched.add(draft.addMachine(machine));
      } else if (known.machine !== machine) {
        if (sameEntries(known.machine.metadata, machine.metadata)) known.machine = machine;
        else {
          draft.changeMachine(known, machine);
          touched.add(known);
        }
      }
    }
    if (present.size === draft.machines.size) return;
    for (const machine of [...draft.machines.values()]) if (!present.has(machine.id)) draft.removeMachine(machine);
  }

  #followUnits({ units }: Cluster, touched: Set<DraftMachine>): void {
    const draft = this.#draft;
    const fresh: Unit[] = [];
    const homes = new Map<string, DraftMachine>();
    let known = 0;
    for (const unit of units) {
      const draftUnit = draft.units.get(unit.name);
      if (draftUnit?.unit.hash === unit.hash) {
        draftUnit.unit = unit;
        draftUnit.seen = this.#round;
        known++;
        continue;
      }
      fresh.push(unit);
      if (draftUnit === undefined) continue;
      if (draftUnit.on !== undefined) homes.set(unit.name, draftUnit.on);
      this.#drop(draftUnit, touched);
    }
    if (known < draft.units.size) {
      for (const unit of [...draft.units.values()]) if (unit.seen !== this.#round) this.#drop(unit, touched);
    }
    for (const unit of draft.addUnits(fresh)) {
      unit.seen = this.#round;
      const home = homes.get(unit.name);
      if (home !== undefined && !unit.wants.global) draft.enter(unit, home);
      this.#touchAllFor(unit, touched);
    }
  }

  #drop(unit: DraftUnit, touched: Set<DraftMachine>): void {
    const draft = this.#draft;
    this.#touchAllFor(unit, touched);
    const homes = unit.wants.global ? [...draft.machines.values()] : unit.on ? [unit.on] : [];
    for (const machine of homes) {
      if (machine.units.get(unit.name) !== unit) continue;
      draft.leave(unit, machine);
      touched.add(machine);
    }
    draft.removeUnit(unit);
  }

  /** A global unit that comes, goes or changes may matter everywhere. */
  #touchAllFor(unit: DraftUnit, touched: Set<DraftMachine>): void {
    if (unit.wants.global) for (const machine of this.#draft.machines.values()) touched.add(machine);
  }

  /** Notes where the registry has units. @returns what to do about placements that nobody asked for */
  #followPlacements({ placements }: Cluster): readonly Decision[] {
    const round = this.#round;
    const strays: Decision[] = [];
    for (const placement of placements) {
      const unit = this.#draft.units.get(placement.unit);
      if (unit === undefined) {
        strays.push(stray(placement, 'unit does not exist'));
      } else if (unit.wants.global) {
        strays.push(stray(placement, 'unit is global, its agents decide'));
      } else if (unit.round === round && unit.placed !== undefined) {
        const worse = this.#worse(unit.placed, placement);
        if (worse === unit.placed) unit.placed = placement;
        strays.push(stray(worse, 'unit already scheduled elsewhere'));
      } else {
        unit.placed = placement;
        unit.round = round;
      }
    }
    return strays.sort(by((decision) => decision.unit));
  }

  /** Moves units to where the registry has them. @returns the units that are not as they should be */
  #followHomes(touched: Set<DraftMachine>): Set<DraftUnit> {
    const draft = this.#draft;
    const unsettled = new Set<DraftUnit>();
    for (const unit of draft.units.values()) {
      if (unit.wants.global) continue;
      if (unit.round !== this.#round) unit.placed = undefined;
      const { placed } = unit;
      const { hash, target } = unit.unit;
      const home = placed === undefined || target === 'inactive' ? undefined : draft.machines.get(placed.machine);
      if (home === undefined ? placed !== undefined || target !== 'inactive' : differs(placed, hash, target))
        unsettled.add(unit);
      if (home === unit.on) continue;
      if (unit.on !== undefined) {
        touched.add(unit.on);
        draft.leave(unit, unit.on);
      }
      if (home !== undefined) {
        touched.add(home);
        draft.enter(unit, home);
      }
    }
    return unsettled;
  }

  /** The one of two placements of a unit that goes: one on a lost machine, else the last by id. */
  #worse(one: Placement, other: Placement): Placement {
    const [oneLives, otherLives] = [one, other].map(({ machine }) => this.#draft.machines.has(machine));
    if (oneLives !== otherLives) return oneLives ? other : one;
    return compareText(one.machine, other.machine) > 0 ? one : other;
  }
}

const nothing: Cluster = { machines: [], units: [], placements: [] };

const differs = (placed: Placement | undefined, hash: string, target: string): boolean =>
  placed?.hash !== hash || placed.target !== target;

const stray = ({ unit, machine }: Placement, because: string): Decision => ({
  kind: 'unschedule',
  unit,
  from: machine,
  because,
});

const sameEntries = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean => {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
};
