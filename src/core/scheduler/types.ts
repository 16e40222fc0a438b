/** What the engine can decide, as values: printed, tested, counted, refused. */
import type { MachineId } from '../machine/types.ts';
import type { TargetState, UnitHash, UnitName } from '../unit/types.ts';

/** Why one machine cannot take one unit, in fleet's words where fleet has words. @see fleet.md 3.5 */
export interface Refusal {
  readonly machine: MachineId;
  readonly because: string;
}

/**
 * `schedule`: place an unplaced unit. `unschedule`: take a placement away. `instruct`: the unit stays where it is, but
 * its target state or its file changed and the machine must be told. `hold`: no machine can take it, and why.
 * A move is an `unschedule` followed by a `schedule` in the same list.
 */
export type Decision =
  | {
      readonly kind: 'schedule' | 'instruct';
      readonly unit: UnitName;
      readonly on: MachineId;
      readonly hash: UnitHash;
      readonly target: TargetState;
      readonly because: string;
    }
  | { readonly kind: 'unschedule'; readonly unit: UnitName; readonly from: MachineId; readonly because: string }
  | { readonly kind: 'hold'; readonly unit: UnitName; readonly refusals: readonly Refusal[] };
