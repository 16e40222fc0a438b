/** The engine's judgement, kept warm: what changed since the last snapshot is all that is decided again. */
import { by, compareText } from '../base/order.ts';
import type { Cluster, Placement } from '../cluster/types.ts';
import type { MachineId } from '../machine/types.ts';
import { Draft, type DraftMachine, type DraftUnit } from './draft.ts';
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
  #seen: Cluster = { machines: [], units: [], placements: [] };

  /**
   * What must change so that every unit is where it should be: first what leaves, then what comes, then what only changes,
   * then what cannot be placed and why. Unplaced units that wait for a peer come after it.
   */
  decide(cluster: Cluster): readonly Decision[] {
    const touched = new Set<DraftMachine>();
    if (this.#draft.patternsRemembered > 2 * cluster.units.length + 1_000) this.#forget();
    if (cluster.machines !== this.#seen.machines) this.#followMachines(cluster, touched);
    if (cluster.units !== this.#seen.units) this.#followUnits(cluster, touched);
    const strays = this.#followPlacements(cluster, touched);
    this.#seen = cluster;
    return [...strays, ...new Pass(this.#draft).run(touched)];
  }

  /** Starts over: patterns of units long gone make the draft slow. */
  #forget(): void {
    this.#draft = new Draft();
    this.#seen = { machines: [], units: [], placements: [] };
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
    const present = new Set<string>();
    for (const unit of units) {
      present.add(unit.name);
      const known = draft.units.get(unit.name);
      if (known === undefined) {
        this.#touchAllFor(draft.addUnit(unit), touched);
      } else if (known.unit.hash !== unit.hash) {
        const { on, placed } = known;
        this.#drop(known, touched);
        const changed = draft.addUnit(unit);
        this.#touchAllFor(changed, touched);
        changed.placed = placed;
        if (on !== undefined && !changed.wants.global) draft.enter(changed, on);
      } else {
        known.unit = unit;
      }
    }
    if (present.size === draft.units.size) return;
    for (const unit of [...draft.units.values()]) if (!present.has(unit.name)) this.#drop(unit, touched);
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

  /** Makes the draft agree with the registry. @returns what to do about placements that nobody asked for */
  #followPlacements({ placements }: Cluster, touched: Set<DraftMachine>): readonly Decision[] {
    const draft = this.#draft;
    const strays: Decision[] = [];
    const placed = new Map<DraftUnit, Placement>();
    for (const placement of placements) {
      const unit = draft.units.get(placement.unit);
      const because =
        unit === undefined
          ? 'unit does not exist'
          : unit.wants.global
            ? 'unit is global, its agents decide'
            : undefined;
      const twin = unit && placed.get(unit);
      if (because !== undefined || unit === undefined) strays.push(stray(placement, because ?? ''));
      else if (twin === undefined) placed.set(unit, placement);
      else strays.push(stray(this.#worse(unit, twin, placement, placed), 'unit already scheduled elsewhere'));
    }
    for (const unit of draft.units.values()) {
      if (unit.wants.global) continue;
      unit.placed = placed.get(unit);
      const active = unit.unit.target !== 'inactive';
      const home = unit.placed && active ? draft.machines.get(unit.placed.machine) : undefined;
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
    return strays.sort(by((decision) => decision.unit));
  }

  /** Keeps one of two placements of a unit: the one on a live machine, else the first by id. @returns the other */
  #worse(unit: DraftUnit, one: Placement, other: Placement, placed: Map<DraftUnit, Placement>): Placement {
    const [oneLives, otherLives] = [one, other].map(({ machine }) => this.#draft.machines.has(machine));
    const keepOther = oneLives === otherLives ? compareText(other.machine, one.machine) < 0 : otherLives === true;
    if (keepOther) placed.set(unit, other);
    return keepOther ? one : other;
  }
}

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
