/**
 * The cluster as it is being decided: one mutable picture, private to a scheduler, in which machines know what runs on
 * them and can be asked cheaply what they would refuse.
 */
import type { Glob } from '../base/glob.ts';
import { by, compareText } from '../base/order.ts';
import type { Placement } from '../cluster/types.ts';
import { shortId } from '../machine/id.ts';
import { hasMetadata } from '../machine/match.ts';
import type { Machine, MachineId } from '../machine/types.ts';
import { type Requirements, requirementsOf } from '../unit/requirements.ts';
import type { Unit } from '../unit/types.ts';
import { LoadOrder } from './load-order.ts';
import { PatternTable } from './patterns.ts';

/** A unit in the draft. Numbers are those of the pattern table. */
export interface DraftUnit {
  /** The same name and file throughout; its target state may change. */
  unit: Unit;
  readonly name: string;
  readonly wants: Requirements;
  readonly conflicts: readonly number[];
  readonly replaces: readonly number[];
  /** Patterns of anybody that match this unit's name. */
  readonly matchedBy: number[];
  /** Remembered by `kindOf`. */
  kind: string | undefined;
  /** Where it is, as far as decided; always undefined for a global unit. */
  on: DraftMachine | undefined;
  /** What the registry says. */
  placed: Placement | undefined;
}

export interface DraftMachine {
  machine: Machine;
  readonly id: MachineId;
  /** Its jobs and the global units that apply, by name. */
  readonly units: Map<string, DraftUnit>;
  /** How many of its units declare a pattern as a conflict, how many as a replacement, and how many match it. */
  readonly conflicting: Map<number, number>;
  readonly replacing: Map<number, number>;
  readonly matched: Map<number, number>;
}

interface Order {
  readonly metadata: Requirements['metadata'];
  readonly order: LoadOrder<DraftMachine>;
}

export class Draft {
  readonly units = new Map<string, DraftUnit>();
  readonly machines = new Map<MachineId, DraftMachine>();
  /** Global units by name. */
  readonly globals: DraftUnit[] = [];
  /** Units that name a peer, by that peer. */
  readonly followers = new Map<string, Set<DraftUnit>>();
  /** Grows whenever a machine may accept what it refused before. */
  freed = 0;
  /** Machines whose answers may have changed; whoever remembers answers clears it. */
  readonly changed = new Set<DraftMachine>();
  readonly #patterns = new PatternTable();
  readonly #replacers = new Set<DraftUnit>();
  /** Machines by load, for each set of metadata that units ask for. */
  readonly #orders = new Map<string, Order>();
  /** Machines by their whole and by their short ids. */
  readonly #named = new Map<string, Set<DraftMachine>>();
  #replacersByName: readonly DraftUnit[] | undefined = [];

  /** Units that declare replacements, by name. */
  get replacers(): readonly DraftUnit[] {
    this.#replacersByName ??= [...this.#replacers].sort(by(({ name }) => name));
    return this.#replacersByName;
  }

  /** How many patterns the draft remembers, those of units long gone included. */
  get patternsRemembered(): number {
    return this.#patterns.size;
  }

  /** Adds units that are not there yet, on no machine; all at once, so that their patterns are matched once. */
  addUnits(units: readonly Unit[]): readonly DraftUnit[] {
    const fresh = new Map<number, Glob>();
    const number = (glob: Glob) => this.#patterns.number(glob, fresh);
    const numbered = units.map((unit) => {
      const wants = requirementsOf(unit.file, unit.name);
      return { unit, wants, conflicts: wants.conflicts.map(number), replaces: wants.replaces.map(number) };
    });
    for (const [pattern, glob] of fresh) this.#announce(pattern, glob);
    return numbered.map((facts) => this.#addUnit({ ...facts, matchedBy: this.#patterns.matching(facts.unit.name) }));
  }

  #addUnit(facts: Pick<DraftUnit, 'unit' | 'wants' | 'conflicts' | 'replaces' | 'matchedBy'>): DraftUnit {
    const { name } = facts.unit;
    const added: DraftUnit = { ...facts, name, kind: undefined, on: undefined, placed: undefined };
    this.units.set(name, added);
    if (added.wants.global) this.globals.splice(this.#globalIndex(name), 0, added);
    if (added.replaces.length > 0) {
      this.#replacers.add(added);
      this.#replacersByName = undefined;
    }
    for (const peer of added.wants.peers) {
      const others = this.followers.get(peer);
      if (others === undefined) this.followers.set(peer, new Set([added]));
      else others.add(added);
    }
    return added;
  }

  /** Forgets a unit; it must not be on any machine. */
  removeUnit(unit: DraftUnit): void {
    this.units.delete(unit.name);
    if (this.#replacers.delete(unit)) this.#replacersByName = undefined;
    if (unit.wants.global) this.globals.splice(this.#globalIndex(unit.name), 1);
    for (const peer of unit.wants.peers) this.followers.get(peer)?.delete(unit);
  }

  addMachine(machine: Machine): DraftMachine {
    const added: DraftMachine = {
      machine,
      id: machine.id,
      units: new Map(),
      conflicting: new Map(),
      replacing: new Map(),
      matched: new Map(),
    };
    this.machines.set(machine.id, added);
    for (const name of new Set([machine.id, shortId(machine.id)])) this.#name(name).add(added);
    for (const { metadata, order } of this.#orders.values())
      if (hasMetadata(machine.metadata, metadata)) order.add(added, 0);
    this.freed++;
    return added;
  }

  /** The same machine with other facts. */
  changeMachine(draft: DraftMachine, machine: Machine): void {
    draft.machine = machine;
    for (const { metadata, order } of this.#orders.values()) {
      order.remove(draft, draft.units.size);
      if (hasMetadata(machine.metadata, metadata)) order.add(draft, draft.units.size);
    }
    this.changed.add(draft);
    this.freed++;
  }

  /** Forgets a machine and, without a word, that anything was on it. */
  removeMachine(machine: DraftMachine): void {
    for (const unit of machine.units.values()) unit.on = undefined;
    this.machines.delete(machine.id);
    for (const name of [machine.id, shortId(machine.id)]) this.#name(name).delete(machine);
    for (const { order } of this.#orders.values()) order.remove(machine, machine.units.size);
  }

  /** The machines that a unit may mean by an id, whole or short; the least loaded first. */
  named(wanted: string): readonly DraftMachine[] {
    return [...(this.#named.get(wanted) ?? [])].sort((a, b) => a.units.size - b.units.size || compareText(a.id, b.id));
  }

  #name(name: string): Set<DraftMachine> {
    const machines = this.#named.get(name) ?? new Set();
    this.#named.set(name, machines);
    return machines;
  }

  /** Puts a unit on a machine, asking nothing. */
  enter(unit: DraftUnit, machine: DraftMachine): void {
    machine.units.set(unit.name, unit);
    if (!unit.wants.global) unit.on = machine;
    this.#count(unit, machine, 1);
  }

  /** Takes a unit off a machine. */
  leave(unit: DraftUnit, machine: DraftMachine): void {
    machine.units.delete(unit.name);
    if (!unit.wants.global) unit.on = undefined;
    this.#count(unit, machine, -1);
    this.freed++;
  }

  /**
   * Decides anew which global units apply to a machine: by name, each unless it conflicts with what is there already.
   *
   * @returns those that applied before and do not any more
   * @see fleet.md 3.3
   */
  settleGlobals(machine: DraftMachine): readonly DraftUnit[] {
    const before = [...machine.units.values()].filter(({ wants }) => wants.global);
    for (const unit of before) this.leave(unit, machine);
    for (const unit of this.globals) {
      if (hasMetadata(machine.machine.metadata, unit.wants.metadata) && !hasConflict(unit, machine))
        this.enter(unit, machine);
    }
    return before.filter(({ name }) => !machine.units.has(name));
  }

  /** Whether taking this unit off the machine may let a global unit in. */
  keepsGlobalsOut(unit: DraftUnit, machine: DraftMachine): boolean {
    return this.globals.some((global) => !machine.units.has(global.name) && inConflict(global, unit));
  }

  /** Machines with the metadata a unit asks for, the least loaded first. */
  leastLoaded({ wants: { metadata } }: DraftUnit): Iterable<DraftMachine> {
    const key = metadataKey(metadata);
    const known = this.#orders.get(key);
    if (known !== undefined) return known.order;
    const members = [...this.machines.values()].filter(({ machine }) => hasMetadata(machine.metadata, metadata));
    const order = new LoadOrder(members, ({ units }) => units.size);
    this.#orders.set(key, { metadata, order });
    return order;
  }

  #count(unit: DraftUnit, machine: DraftMachine, step: 1 | -1): void {
    for (const number of unit.conflicts) bump(machine.conflicting, number, step);
    for (const number of unit.replaces) bump(machine.replacing, number, step);
    for (const number of unit.matchedBy) bump(machine.matched, number, step);
    this.changed.add(machine);
    const load = machine.units.size;
    for (const { order } of this.#orders.values()) order.moved(machine, load - step, load);
  }

  /** Lets the units that are there already know of a pattern nobody declared before. */
  #announce(number: number, { exact, prefix, matches }: Glob): void {
    const only = exact ? this.units.get(prefix) : undefined;
    const candidates = exact ? (only === undefined ? [] : [only]) : this.units.values();
    for (const unit of candidates) {
      if (!matches(unit.name)) continue;
      unit.matchedBy.push(number);
      unit.kind = undefined;
      if (unit.on !== undefined) bump(unit.on.matched, number, 1);
      if (!unit.wants.global) continue;
      for (const machine of this.machines.values())
        if (machine.units.get(unit.name) === unit) bump(machine.matched, number, 1);
    }
  }

  #globalIndex(name: string): number {
    const index = this.globals.findIndex((unit) => compareText(unit.name, name) >= 0);
    return index < 0 ? this.globals.length : index;
  }
}

const bump = (counts: Map<number, number>, number: number, step: 1 | -1): void => {
  counts.set(number, (counts.get(number) ?? 0) + step);
};

const sortedEntries = (metadata: Requirements['metadata']) =>
  [...metadata].map(([key, values]) => [key, [...values].sort()] as const).sort(by(([key]) => key));

const metadataKeys = new WeakMap<Requirements['metadata'], string>();

/** The same text for the same demands, however they were written. */
export function metadataKey(metadata: Requirements['metadata']): string {
  const known = metadataKeys.get(metadata);
  if (known !== undefined) return known;
  const key = metadata.size === 0 ? '' : JSON.stringify(sortedEntries(metadata));
  metadataKeys.set(metadata, key);
  return key;
}

const meet = (some: readonly number[], others: readonly number[]): boolean =>
  some.length > 0 && others.length > 0 && some.some((number) => others.includes(number));

/** Whether either of two units refuses the other. @see fleet.md 3.5, filter 4 */
export const inConflict = (a: DraftUnit, b: DraftUnit): boolean =>
  meet(a.conflicts, b.matchedBy) || meet(b.conflicts, a.matchedBy);

/** Whether the first unit, and only the first, replaces the other. @see fleet.md 3.7 */
export const replacesOneWay = (a: DraftUnit, b: DraftUnit): boolean =>
  meet(a.replaces, b.matchedBy) && !meet(b.replaces, a.matchedBy);

/** Whether a unit conflicts with any other unit on the machine, on which it may be itself. */
export function hasConflict(unit: DraftUnit, { units, conflicting, matched }: DraftMachine): boolean {
  const here = units.has(unit.name);
  for (const number of unit.matchedBy) {
    const own = here && unit.conflicts.includes(number) ? 1 : 0;
    if ((conflicting.get(number) ?? 0) > own) return true;
  }
  for (const number of unit.conflicts) {
    const own = here && unit.matchedBy.includes(number) ? 1 : 0;
    if ((matched.get(number) ?? 0) > own) return true;
  }
  return false;
}
