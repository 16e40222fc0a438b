/** The shapes of a unit: its name, its file as options, its hash, and the state somebody asked for. */

declare const brand: unique symbol;

/** A validated unit name; made only by `unitName`. @see fleet.md 1.1 */
export type UnitName = string & { readonly [brand]: 'UnitName' };

/** SHA-1 of the canonical text, 40 lower-case hex digits. @see fleet.md 1.4 */
export type UnitHash = string & { readonly [brand]: 'UnitHash' };

export interface UnitOption {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

/** A unit file as its ordered options; comments and layout are not part of it. */
export type UnitFile = readonly UnitOption[];

/** What somebody asked for. @see fleet.md 2.1 */
export type TargetState = 'inactive' | 'loaded' | 'launched';
export const targetStates: readonly TargetState[] = ['inactive', 'loaded', 'launched'];

/** A submitted unit file with its target state. */
export interface Unit {
  readonly name: UnitName;
  readonly file: UnitFile;
  readonly hash: UnitHash;
  readonly target: TargetState;
}
