/** What an agent compares, and the tasks that follow. */
import type { Placement } from '../cluster/types.ts';
import type { TargetState, Unit, UnitHash, UnitName } from '../unit/types.ts';

/** What concerns one machine: its own placements, every global unit, its own metadata. */
export interface Work {
  readonly placements: readonly Placement[];
  readonly globals: readonly Unit[];
  /** The files of the placed units, complete. */
  readonly files: ReadonlyMap<UnitHash, Unit['file']>;
  /** Static metadata merged with what was set at run time. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** A unit that must be here, and how far. */
export interface DesiredUnit {
  readonly name: UnitName;
  readonly file: Unit['file'];
  readonly hash: UnitHash;
  readonly target: TargetState;
}

/** A unit whose file is in our directory. */
export interface PresentUnit {
  readonly name: UnitName;
  /** Hash of the file on disk; undefined when the file cannot be parsed, which counts as a mismatch. */
  readonly hash: UnitHash | undefined;
  /** Whether systemd has it loaded from our directory. */
  readonly loaded: boolean;
  /** Whether it was asked to start and not asked to stop since, as far as systemd and our memory tell. */
  readonly launched: boolean;
}

/** @see fleet.md 4.2 for kinds, reasons and order */
export type Task =
  | { readonly kind: 'unload'; readonly unit: UnitName; readonly because: string }
  | {
      readonly kind: 'load';
      readonly unit: UnitName;
      readonly file: Unit['file'];
      readonly hash: UnitHash;
      readonly because: string;
    }
  | { readonly kind: 'reload'; readonly because: string }
  | { readonly kind: 'stop'; readonly unit: UnitName; readonly because: string }
  | { readonly kind: 'start'; readonly unit: UnitName; readonly because: string };
