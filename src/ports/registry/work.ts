/** What concerns one machine, folded from the four ranges that can concern it. */
import type { Work } from '../../core/agent/types.ts';
import type { Placement } from '../../core/cluster/types.ts';
import type { Machine } from '../../core/machine/types.ts';
import type { Unit, UnitHash, UnitName } from '../../core/unit/types.ts';
import type { KeyValue } from '../etcd/index.ts';
import { type Layout, parsePlacement } from './layout.ts';
import { mergedMetadata } from './picture.ts';
import { Shelf } from './shelf.ts';
import type { UnitFiles } from './unit-files.ts';

export class WorkList {
  readonly #me: Machine;
  readonly #layout: Layout;
  readonly #files: UnitFiles;
  readonly #skipped: (key: string) => void;
  readonly #placements = new Shelf<Placement>();
  readonly #globals = new Shelf<Placement>();
  readonly #setLater = new Map<string, string>();
  #announced = false;

  /** @param skipped is told the key of an entry that cannot be read */
  constructor(me: Machine, layout: Layout, files: UnitFiles, skipped: (key: string) => void) {
    this.#me = me;
    this.#layout = layout;
    this.#files = files;
    this.#skipped = skipped;
  }

  /** What to watch. */
  get ranges(): readonly string[] {
    const { id } = this.#me;
    return [this.#layout.placementsOn(id), this.#layout.globals, this.#layout.metadataOf(id), this.#layout.machine(id)];
  }

  /** Whether the cluster sees this machine. */
  get announced(): boolean {
    return this.#announced;
  }

  restart(keys: readonly KeyValue[]): void {
    this.#placements.clear();
    this.#globals.clear();
    this.#setLater.clear();
    this.#announced = false;
    for (const one of keys) this.#change(one.key, one.value);
  }

  apply(changes: ReadonlyMap<string, KeyValue | undefined>): void {
    for (const [key, one] of changes) this.#change(key, one?.value);
  }

  /** Files to fetch before the work can be taken. */
  missing(): UnitHash[] {
    return [...this.#placements.list(), ...this.#globals.list()]
      .map(({ hash }) => hash)
      .filter((hash) => this.#files.get(hash) === undefined);
  }

  /** @returns undefined while a file is missing: half the work would look as if the other half was taken away */
  take(): Work | undefined {
    if (this.missing().length > 0) return undefined;
    const placements = this.#placements.list();
    const file = (hash: UnitHash) => this.#files.get(hash) as Unit['file'];
    return {
      placements,
      globals: this.#globals.list().map(({ unit, hash, target }) => ({ name: unit, file: file(hash), hash, target })),
      files: new Map(placements.map(({ hash }) => [hash, file(hash)])),
      metadata: mergedMetadata(this.#me.metadata, this.#setLater),
    };
  }

  #change(key: string, value: string | undefined): void {
    const place = this.#layout.locate(key);
    if (place?.kind === 'placement') this.#keep(this.#placements, place.unit, key, value);
    else if (place?.kind === 'global') this.#keep(this.#globals, place.unit, key, value);
    else if (place?.kind === 'metadata') {
      if (value === undefined) this.#setLater.delete(place.name);
      else this.#setLater.set(place.name, value);
    } else if (place?.kind === 'machine') this.#announced = value !== undefined;
  }

  #keep(shelf: Shelf<Placement>, unit: UnitName, key: string, value: string | undefined): void {
    const placement = value === undefined ? undefined : parsePlacement(value, unit, this.#me.id);
    if (value !== undefined && placement === undefined) this.#skipped(key);
    if (placement === undefined) shelf.remove(unit);
    else shelf.put(unit, placement);
  }
}
