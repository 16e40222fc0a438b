/** A local copy of the registry, kept up to date by what a watch reports. A change costs what it touches. */
import type { Placement, Snapshot, UnitState } from '../../core/cluster/types.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import type { Unit, UnitHash, UnitName } from '../../core/unit/types.ts';
import type { KeyValue } from '../etcd/index.ts';
import {
  type Layout,
  type Place,
  parseAnnouncement,
  parsePlacement,
  parseState,
  parseUnit,
  type UnitEntry,
} from './layout.ts';
import { Shelf } from './shelf.ts';
import type { UnitFiles } from './unit-files.ts';

/** What a change makes look different. */
export interface Seen {
  /** Units, placements or machines: what the engine decides from. */
  readonly cluster: boolean;
  readonly states: boolean;
}

export class Picture {
  readonly #layout: Layout;
  readonly #files: UnitFiles;
  readonly #skipped: (key: string) => void;
  readonly #units = new Shelf<Unit>();
  /** Units whose file has not come yet; meanwhile the picture shows them as they were. */
  readonly #waiting = new Map<UnitName, UnitEntry>();
  readonly #placements = new Shelf<Placement>();
  readonly #states = new Shelf<UnitState>();
  readonly #announced = new Map<MachineId, Machine>();
  readonly #setLater = new Map<MachineId, Map<string, string>>();
  readonly #machines = new Shelf<Machine>();

  /** @param skipped is told the key of an entry that cannot be read */
  constructor(layout: Layout, files: UnitFiles, skipped: (key: string) => void) {
    this.#layout = layout;
    this.#files = files;
    this.#skipped = skipped;
  }

  /** Forgets everything and begins anew. */
  restart(keys: readonly KeyValue[]): void {
    for (const shelf of [this.#units, this.#placements, this.#states, this.#machines]) shelf.clear();
    for (const map of [this.#waiting, this.#announced, this.#setLater]) map.clear();
    for (const one of keys) this.#change(one.key, one.value);
  }

  apply(changes: ReadonlyMap<string, KeyValue | undefined>): Seen {
    let cluster = false;
    let states = false;
    for (const [key, one] of changes) {
      const what = this.#change(key, one?.value);
      cluster ||= what === 'cluster';
      states ||= what === 'states';
    }
    return { cluster, states };
  }

  /** Files to fetch before the picture is complete. */
  missing(): UnitHash[] {
    return [...this.#waiting.values()].map(({ hash }) => hash).filter((hash) => this.#files.get(hash) === undefined);
  }

  /** The picture as it is now; what was taken earlier stays as it was. */
  take(): Snapshot {
    for (const [name, { hash, target }] of this.#waiting) {
      const file = this.#files.get(hash);
      if (file === undefined) continue;
      this.#units.put(name, { name, file, hash, target });
      this.#waiting.delete(name);
    }
    return {
      units: this.#units.list(),
      placements: this.#placements.list(),
      machines: this.#machines.list(),
      states: this.#states.list(),
    };
  }

  /** @returns what looks different now; undefined when nothing does */
  #change(key: string, value: string | undefined): keyof Seen | undefined {
    const place = this.#layout.locate(key);
    switch (place?.kind) {
      case 'file':
        if (value !== undefined) this.#files.learn(place.hash, value);
        return undefined;
      case 'unit':
        this.#changeUnit(place.unit, key, value);
        return 'cluster';
      case 'placement':
        this.#keep(this.#placements, pair(place), key, value, (text) =>
          parsePlacement(text, place.unit, place.machine),
        );
        return 'cluster';
      case 'state':
        this.#keep(this.#states, pair(place), key, value, (text) => parseState(text, place.unit, place.machine));
        return 'states';
      case 'machine':
        this.#changeMachine(place.machine, key, value);
        return 'cluster';
      case 'metadata':
        this.#changeMetadata(place, value);
        return this.#announced.has(place.machine) ? 'cluster' : undefined;
      default:
        return undefined;
    }
  }

  #changeUnit(name: UnitName, key: string, value: string | undefined): void {
    const entry = value === undefined ? undefined : parseUnit(value);
    if (entry !== undefined) this.#waiting.set(name, entry);
    else {
      if (value !== undefined) this.#skipped(key);
      this.#waiting.delete(name);
      this.#units.remove(name);
    }
  }

  #keep<T>(
    shelf: Shelf<T>,
    at: string,
    key: string,
    value: string | undefined,
    parse: (text: string) => T | undefined,
  ) {
    const parsed = value === undefined ? undefined : parse(value);
    if (value !== undefined && parsed === undefined) this.#skipped(key);
    if (parsed === undefined) shelf.remove(at);
    else shelf.put(at, parsed);
  }

  #changeMachine(id: MachineId, key: string, value: string | undefined): void {
    const announcement = value === undefined ? undefined : parseAnnouncement(value);
    if (value !== undefined && announcement === undefined) this.#skipped(key);
    if (announcement === undefined) this.#announced.delete(id);
    else this.#announced.set(id, announcement.machine);
    this.#showMachine(id);
  }

  #changeMetadata({ machine, name }: Extract<Place, { kind: 'metadata' }>, value: string | undefined): void {
    const set = this.#setLater.get(machine) ?? new Map<string, string>();
    if (value === undefined) set.delete(name);
    else set.set(name, value);
    this.#setLater.set(machine, set);
    this.#showMachine(machine);
  }

  #showMachine(id: MachineId): void {
    const machine = this.#announced.get(id);
    if (machine === undefined) this.#machines.remove(id);
    else this.#machines.put(id, { ...machine, metadata: mergedMetadata(machine.metadata, this.#setLater.get(id)) });
  }
}

/** Orders by unit, then by machine; a blank sorts before everything that names are made of. */
const pair = ({ unit, machine }: { unit: UnitName; machine: MachineId }): string => `${unit} ${machine}`;

/** What was set at run time wins; set to nothing, it hides. @see fleet.md 2.3 */
export function mergedMetadata(
  announced: Readonly<Record<string, string>>,
  setLater: ReadonlyMap<string, string> = new Map(),
): Record<string, string> {
  const merged = new Map(Object.entries(announced));
  for (const [name, value] of setLater) {
    if (value === '') merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}
