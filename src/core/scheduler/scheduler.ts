/** The engine's judgement, kept warm: what changed since the last snapshot is all that is decided again. */
import { compareText } from '../base/order.ts';
import type { Cluster, Placement } from '../cluster/types.ts';
import type { Machine } from '../machine/types.ts';
import type { Unit } from '../unit/types.ts';
import { type Difference, difference } from './difference.ts';
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
  /** Units that were not as they should be after the last decisions, and so may still not be. */
  #unsettled = new Set<DraftUnit>();
  /** Placements that nobody asked for: of unknown or global units, or second ones. */
  #loose = new Set<Placement>();

  /**
   * What must change so that every unit is where it should be: first what leaves, then what comes, then what only
   * changes, then what cannot be placed and why. Units come by name, but followers after the unit they follow.
   *
   * @param cluster a snapshot, which must not change afterwards; what it shares with the one before (units, placements
   *   and machines that are the same objects in the same order) costs next to nothing
   */
  decide(cluster: Cluster): readonly Decision[] {
    // Patterns of units long gone make the draft slow.
    if (this.#draft.patternsRemembered > 2 * cluster.units.length + 1_000) this.#forget();
    const seen = this.#seen;
    const touched = new Set<DraftMachine>();
    const suspects = new Set(this.#unsettled);
    this.#seen = cluster;
    this.#followMachines(difference(seen.machines, cluster.machines), touched, suspects);
    const gone = difference(seen.placements, cluster.placements);
    this.#forgetPlacements(gone.gone, suspects);
    const orphans = this.#followUnits(difference(seen.units, cluster.units), touched, suspects);
    this.#followPlacements([...gone.come, ...orphans], suspects);
    this.#unsettled = this.#followHomes(suspects, touched);
    const pass = new Pass(this.#draft, this.#unsettled);
    const waiting = pass.run(touched);
    return [...this.#strays(), ...pass.changes(), ...this.#holds.of(waiting, this.#draft)];
  }

  #forget(): void {
    this.#draft = new Draft();
    this.#holds = new Holds();
    this.#seen = nothing;
    this.#unsettled = new Set();
    this.#loose = new Set();
  }

  #followMachines({ gone, come }: Difference<Machine>, touched: Set<DraftMachine>, suspects: Set<DraftUnit>): void {
    const draft = this.#draft;
    const present = new Set(come.map(({ id }) => id));
    for (const { id } of gone) {
      const machine = draft.machines.get(id);
      if (present.has(id) || machine === undefined) continue;
      for (const unit of machine.units.values()) suspects.add(unit);
      draft.removeMachine(machine);
    }
    for (const machine of come) {
      const known = draft.machines.get(machine.id);
      if (known === undefined) touched.add(draft.addMachine(machine));
      else if (sameEntries(known.machine.metadata, machine.metadata)) known.machine = machine;
      else {
        draft.changeMachine(known, machine);
        touched.add(known);
      }
    }
  }

  /** @returns placements that lost the unit they belonged to */
  #followUnits(
    { gone, come }: Difference<Unit>,
    touched: Set<DraftMachine>,
    suspects: Set<DraftUnit>,
  ): readonly Placement[] {
    const draft = this.#draft;
    const present = new Map(come.map((unit) => [unit.name, unit]));
    const orphans: Placement[] = [];
    for (const { name } of gone) {
      const unit = draft.units.get(name);
      if (unit === undefined || present.get(name)?.hash === unit.unit.hash) continue;
      if (unit.placed !== undefined) orphans.push(unit.placed);
      this.#drop(unit, touched);
    }
    const fresh: Unit[] = [];
    for (const unit of come) {
      const known = draft.units.get(unit.name);
      if (known === undefined) fresh.push(unit);
      else {
        known.unit = unit;
        suspects.add(known);
      }
    }
    for (const unit of draft.addUnits(fresh)) {
      suspects.add(unit);
      this.#touchAllFor(unit, touched);
    }
    return orphans;
  }

  #drop(unit: DraftUnit, touched: Set<DraftMachine>): void {
    const draft = this.#draft;
    const homes = unit.wants.global ? [...draft.machines.values()] : unit.on ? [unit.on] : [];
    for (const machine of homes) {
      if (machine.units.get(unit.name) !== unit) continue;
      draft.leave(unit, machine);
      touched.add(machine);
    }
    draft.removeUnit(unit);
  }

  /** A global unit that comes may matter everywhere. */
  #touchAllFor(unit: DraftUnit, touched: Set<DraftMachine>): void {
    if (unit.wants.global) for (const machine of this.#draft.machines.values()) touched.add(machine);
  }

  #forgetPlacements(gone: readonly Placement[], suspects: Set<DraftUnit>): void {
    for (const placement of gone) {
      this.#loose.delete(placement);
      const unit = this.#draft.units.get(placement.unit);
      if (unit?.placed !== placement) continue;
      unit.placed = undefined;
      suspects.add(unit);
    }
  }

  /** Notes where the registry has units; what was loose may have found its unit by now. */
  #followPlacements(come: readonly Placement[], suspects: Set<DraftUnit>): void {
    const loose = [...this.#loose, ...come];
    this.#loose.clear();
    for (const placement of loose) {
      const unit = this.#draft.units.get(placement.unit);
      if (unit === undefined || unit.wants.global) {
        this.#loose.add(placement);
        continue;
      }
      suspects.add(unit);
      const other = unit.placed;
      unit.placed = other === undefined ? placement : this.#better(other, placement);
      if (other !== undefined) this.#loose.add(unit.placed === other ? placement : other);
    }
  }

  /** The one of two placements of a unit that stays: one on a live machine, else the first by id. */
  #better(one: Placement, other: Placement): Placement {
    const [oneLives, otherLives] = [one, other].map(({ machine }) => this.#draft.machines.has(machine));
    if (oneLives !== otherLives) return oneLives ? one : other;
    return compareText(one.machine, other.machine) <= 0 ? one : other;
  }

  /** Moves units to where the registry has them. @returns those of them that are not as they should be */
  #followHomes(suspects: ReadonlySet<DraftUnit>, touched: Set<DraftMachine>): Set<DraftUnit> {
    const draft = this.#draft;
    const unsettled = new Set<DraftUnit>();
    for (const unit of suspects) {
      if (unit.wants.global || draft.units.get(unit.name) !== unit) continue;
      const { placed } = unit;
      const { hash, target } = unit.unit;
      const home = placed === undefined || target === 'inactive' ? undefined : draft.machines.get(placed.machine);
      const settled =
        home === undefined
          ? placed === undefined && target === 'inactive'
          : placed?.hash === hash && placed.target === target;
      if (!settled) unsettled.add(unit);
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

  #strays(): readonly Decision[] {
    const because = ({ unit }: Placement) => {
      const known = this.#draft.units.get(unit);
      if (known === undefined) return 'unit does not exist';
      return known.wants.global ? 'unit is global, its agents decide' : 'unit already scheduled elsewhere';
    };
    return [...this.#loose]
      .sort((a, b) => compareText(a.unit, b.unit) || compareText(a.machine, b.machine))
      .map((placement) => ({
        kind: 'unschedule',
        unit: placement.unit,
        from: placement.machine,
        because: because(placement),
      }));
  }
}

const nothing: Cluster = { machines: [], units: [], placements: [] };

const sameEntries = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean => {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
};
