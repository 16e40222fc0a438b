/** One pass of the engine over a draft: who must leave, who goes where, and what that means as decisions. */
import { by } from '../base/order.ts';
import { machineRefusal } from '../machine/match.ts';
import {
  conflictText,
  fits,
  kindOf,
  missingPeer,
  missingPeerText,
  replacedBy,
  replacementText,
  wouldBeReplaced,
} from './able.ts';
import { type Draft, type DraftMachine, type DraftUnit, hasConflict } from './draft.ts';
import type { Decision } from './types.ts';

const byName = by<DraftUnit>(({ name }) => name);

/**
 * Units leave in the order of certainty: first those that their machine alone refuses, then followers without their
 * peers, then one of any two in conflict, so that nobody is sent away because of somebody who leaves as well.
 *
 * @see fleet.md 3.4; there one pass judges by name alone and later passes settle the rest
 */
export class Pass {
  readonly #draft: Draft;
  /** Units whose place in the draft is not their place in the registry, or that have none and should. */
  readonly #unsettled: Set<DraftUnit>;
  /** Why a unit is no longer where the registry has it. */
  readonly #left = new Map<DraftUnit, string>();
  /** In the order of their arrival. */
  readonly #arrived = new Set<DraftUnit>();
  readonly #replaced = new Set<DraftUnit>();
  /** For each kind of unit that no machine took, how much had been freed by then. */
  readonly #hopeless = new Map<string, number>();

  constructor(draft: Draft, unsettled: Set<DraftUnit>) {
    this.#draft = draft;
    this.#unsettled = unsettled;
  }

  /**
   * @param touched the machines on which anything may have become wrong since the last pass
   * @returns the units that no machine takes, by name
   */
  run(touched: ReadonlySet<DraftMachine>): readonly DraftUnit[] {
    this.#judge([...touched].filter(({ id }) => this.#draft.machines.has(id)).sort(by(({ id }) => id)));
    let waiting = this.#place(this.#unplaced());
    while (this.#replace()) waiting = this.#place(this.#unplaced());
    return waiting.toSorted(byName);
  }

  #judge(machines: readonly DraftMachine[]): void {
    const draft = this.#draft;
    for (const machine of machines) {
      for (const unit of jobsOn(machine)) {
        const because = machineRefusal(machine.machine, unit.wants);
        if (because === undefined) continue;
        draft.leave(unit, machine);
        this.#note(unit, because);
      }
      draft.settleGlobals(machine);
    }
    const suspects = machines.flatMap(jobsOn).sort(byName);
    for (const unit of suspects) {
      const peer = unit.on && missingPeer(unit, unit.on);
      if (peer !== undefined) this.#sendAway(unit, missingPeerText(peer));
    }
    for (const unit of suspects) {
      if (unit.on !== undefined && hasConflict(unit, unit.on)) this.#sendAway(unit, conflictText(unit, unit.on));
    }
  }

  /** Takes a unit off its machine, and with it all that may only be where it is. */
  #sendAway(first: DraftUnit, because: string): void {
    const draft = this.#draft;
    const leaving = [{ unit: first, because }];
    for (const { unit, because } of leaving) {
      const { on: machine } = unit;
      if (machine === undefined) continue;
      const settle = draft.keepsGlobalsOut(unit, machine);
      draft.leave(unit, machine);
      // Should it come back, it comes after all that came meanwhile, its followers not before it.
      this.#arrived.delete(unit);
      this.#note(unit, because);
      const gone = settle ? [unit, ...draft.settleGlobals(machine)] : [unit];
      for (const { name } of gone) {
        for (const follower of [...(draft.followers.get(name) ?? [])].sort(byName))
          if (follower.on === machine) leaving.push({ unit: follower, because: missingPeerText(name) });
      }
    }
  }

  #note(unit: DraftUnit, because: string): void {
    this.#left.set(unit, because);
    this.#unsettled.add(unit);
  }

  #unplaced(): readonly DraftUnit[] {
    const unplaced = [...this.#unsettled].filter(({ on, unit }) => on === undefined && unit.target !== 'inactive');
    return targetsFirst(unplaced.sort(byName));
  }

  /** Places what can be placed. @returns what nobody takes */
  #place(units: readonly DraftUnit[]): readonly DraftUnit[] {
    return units.filter((unit) => {
      const machine = this.#choose(unit);
      if (machine === undefined) return true;
      this.#draft.enter(unit, machine);
      this.#arrived.add(unit);
      return false;
    });
  }

  /**
   * The least loaded machine that can run the unit. One where another unit would replace it at once is taken only when
   * there is no better; fleet goes there first and moves it in the next pass.
   */
  #choose(unit: DraftUnit): DraftMachine | undefined {
    // Arrivals only make machines fuller, unless they are the peer that somebody waits for.
    const waitsForNobody = unit.wants.peers.length === 0;
    if (waitsForNobody && this.#hopeless.size > 0 && this.#hopeless.get(kindOf(unit)) === this.#draft.freed)
      return undefined;
    let second: DraftMachine | undefined;
    for (const machine of this.#candidates(unit)) {
      if (!fits(unit, machine)) continue;
      if (!wouldBeReplaced(unit, machine)) return machine;
      second ??= machine;
    }
    if (second === undefined && waitsForNobody) this.#hopeless.set(kindOf(unit), this.#draft.freed);
    return second;
  }

  /** Every machine that may fit, least loaded first. */
  #candidates(unit: DraftUnit): Iterable<DraftMachine> {
    const { units } = this.#draft;
    const [peer] = unit.wants.peers;
    const target = peer === undefined ? undefined : units.get(peer);
    if (peer !== undefined && !target?.wants.global) return target?.on ? [target.on] : [];
    const { machineId } = unit.wants;
    return machineId === undefined ? this.#draft.leastLoaded(unit) : this.#draft.named(machineId);
  }

  /**
   * Moves units away from those that replace them. Only the unit that declares a replacement displaces; the other leaves
   * only for a machine that can run it and where neither of both kinds of meeting happens again, so that replacing ends.
   *
   * @returns whether anything moved
   * @see fleet.md 3.7
   */
  #replace(): boolean {
    let moved = false;
    for (const unit of this.#draft.replacers) {
      const machine = unit.on;
      if (machine === undefined) continue;
      for (const other of replacedBy(unit, machine)) {
        if (other.on !== machine || this.#replaced.has(other)) continue;
        const home = this.#refuge(other, machine);
        if (home === undefined) continue;
        this.#replaced.add(other);
        this.#sendAway(other, replacementText(unit));
        this.#draft.enter(other, home);
        this.#arrived.add(other);
        moved = true;
      }
    }
    return moved;
  }

  #refuge(unit: DraftUnit, from: DraftMachine): DraftMachine | undefined {
    for (const machine of this.#candidates(unit)) {
      if (machine === from || !fits(unit, machine)) continue;
      if (!wouldBeReplaced(unit, machine) && replacedBy(unit, machine).length === 0) return machine;
    }
    return undefined;
  }

  /** What differs between the registry and the draft: what leaves, what comes, what only changes. */
  changes(): readonly Decision[] {
    const leaving: Decision[] = [];
    const changing: Decision[] = [];
    for (const unit of this.#unsettled) {
      const { placed, on } = unit;
      if (placed === undefined) continue;
      const { name, hash, target } = unit.unit;
      if (on?.id !== placed.machine) {
        leaving.push({ kind: 'unschedule', unit: name, from: placed.machine, because: this.#whyLeft(unit) });
      } else if (placed.hash !== hash || placed.target !== target) {
        const because = placed.hash !== hash ? 'unit file changed' : `target state changed to ${target}`;
        changing.push({ kind: 'instruct', unit: name, on: on.id, hash, target, because });
      }
    }
    const arriving: Decision[] = [];
    for (const { unit, on, placed } of this.#arrived) {
      if (on === undefined || on.id === placed?.machine) continue;
      const because = `target state ${unit.target} and unit not scheduled`;
      arriving.push({ kind: 'schedule', unit: unit.name, on: on.id, hash: unit.hash, target: unit.target, because });
    }
    return [...leaving.sort(byUnit), ...arriving, ...changing.sort(byUnit)];
  }

  #whyLeft(unit: DraftUnit): string {
    if (unit.unit.target === 'inactive') return 'target state inactive';
    const left = this.#left.get(unit);
    const target = `target Machine(${unit.placed?.machine})`;
    return left === undefined ? `${target} went away` : `${target} unable to run unit: ${left}`;
  }
}

const byUnit = by<Decision>(({ unit }) => unit);

const jobsOn = ({ units }: DraftMachine): DraftUnit[] =>
  [...units.values()].filter(({ wants }) => !wants.global).sort(byName);

/** The same units in the same order, but each after the peers it names; peers in a ring keep their order. */
function targetsFirst(units: readonly DraftUnit[]): readonly DraftUnit[] {
  if (units.every(({ wants }) => wants.peers.length === 0)) return units;
  const here = new Map(units.map((unit) => [unit.name, unit]));
  const ordered = new Set<DraftUnit>();
  const entered = new Set<DraftUnit>();
  // An own stack: chains of peers may be longer than the call stack is deep.
  const open = units.toReversed();
  for (let unit = open.pop(); unit !== undefined; unit = open.pop()) {
    if (ordered.has(unit)) continue;
    const peers = entered.has(unit)
      ? []
      : unit.wants.peers.map((peer) => here.get(peer)).filter((peer) => peer !== undefined && !entered.has(peer));
    entered.add(unit);
    if (peers.length === 0) {
      ordered.add(unit);
    } else {
      open.push(unit);
      for (const peer of peers.reverse()) if (peer !== undefined) open.push(peer);
    }
  }
  return [...ordered];
}
