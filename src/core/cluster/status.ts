/** What a unit's desired state, placement and published states say together. @see fleet.md 2.2 */
import { groupBy } from '../base/group.ts';
import { by } from '../base/order.ts';
import type { MachineId } from '../machine/types.ts';
import { isGlobal } from '../unit/requirements.ts';
import type { TargetState, Unit, UnitName } from '../unit/types.ts';
import type { Cluster, Placement, UnitState } from './types.ts';

/** How far a unit has come, in the words of target states. */
export type CurrentState = TargetState;

/** One unit with all that lists show of it. */
export interface UnitStatus {
  readonly unit: Unit;
  /** A global unit has no placement and is always `inactive` here: look at its target state instead. */
  readonly global: boolean;
  readonly current: CurrentState;
  /** Where it was placed. */
  readonly machine: MachineId | undefined;
}

/**
 * A unit's current state from its placement and what that machine published: states of other machines, left from before
 * a move, do not count.
 */
export function currentState(placement: Placement | undefined, states: Iterable<UnitState>): CurrentState {
  if (placement === undefined) return 'inactive';
  for (const state of states) {
    if (state.unit === placement.unit && state.machine === placement.machine)
      return state.launched ? 'launched' : 'loaded';
  }
  return 'inactive';
}

/** Every unit with its status, sorted by name. */
export function unitStatuses(
  cluster: Pick<Cluster, 'units' | 'placements'> & { readonly states: readonly UnitState[] },
): readonly UnitStatus[] {
  const placements = new Map(cluster.placements.map((placement) => [placement.unit, placement]));
  const states = groupBy(cluster.states, (state) => state.unit);
  return cluster.units.toSorted(by((unit) => unit.name)).map((unit) => statusOf(unit, placements, states));
}

function statusOf(
  unit: Unit,
  placements: ReadonlyMap<UnitName, Placement>,
  states: ReadonlyMap<UnitName, readonly UnitState[]>,
): UnitStatus {
  const global = isGlobal(unit.file, unit.name);
  const placement = global ? undefined : placements.get(unit.name);
  return {
    unit,
    global,
    current: currentState(placement, states.get(unit.name) ?? []),
    machine: placement?.machine,
  };
}

/** Published states in the order of every list: by unit, then by machine. */
export const inListOrder = (states: readonly UnitState[]): readonly UnitState[] =>
  states.toSorted((a, b) => by<UnitState>(({ unit }) => unit)(a, b) || by<UnitState>(({ machine }) => machine)(a, b));
