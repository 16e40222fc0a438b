/** What the API shows of a snapshot of the registry. @see fleet.md 2.2, 6.2 */
import type { Snapshot, UnitState } from '../cluster/types.ts';
import type { MachineId } from '../machine/types.ts';
import { isGlobal, type TargetState, type Unit, type UnitName } from '../unit/index.ts';
import { type ApiUnit, type ApiUnitState, listOrder } from './entities.ts';

/** What of a snapshot concerns these units. */
export const only = (snapshot: Snapshot, names: ReadonlySet<UnitName>): Snapshot => ({
  ...snapshot,
  units: snapshot.units.filter(({ name }) => names.has(name)),
  placements: snapshot.placements.filter(({ unit }) => names.has(unit)),
  states: snapshot.states.filter(({ unit }) => names.has(unit)),
});

/** Every unit, in name order. A global unit has no machine of its own and shows as inactive. */
export function unitsOf(snapshot: Snapshot): readonly ApiUnit[] {
  const machines = new Map(snapshot.placements.map(({ unit, machine }) => [unit, machine]));
  const states = new Map(snapshot.states.map((state) => [keyOf(state), state]));
  return snapshot.units
    .map((unit) => {
      const machine = machines.get(unit.name);
      const state = machine && states.get(keyOf({ unit: unit.name, machine }));
      return view(unit, machine, currentState(state || undefined));
    })
    .sort(listOrder.units);
}

/**
 * One unit; a global one has no current state here.
 *
 * @param machine where it is placed
 * @param states what machines publish about it
 */
export function unitOf(unit: Unit, machine: MachineId | undefined, states: readonly UnitState[]): ApiUnit {
  if (isGlobal(unit.file)) return view(unit, undefined, undefined);
  return view(unit, machine, currentState(states.find((state) => state.machine === machine)));
}

/** Published states in the order of the API. */
export const statesOf = ({ states }: Pick<Snapshot, 'states'>): readonly ApiUnitState[] =>
  states.toSorted(listOrder.states);

/** @param state what the machine that the unit is placed on publishes about it */
const currentState = (state: UnitState | undefined): TargetState =>
  state === undefined ? 'inactive' : state.launched ? 'launched' : 'loaded';

const keyOf = ({ unit, machine }: { readonly unit: UnitName; readonly machine: MachineId }) => `${unit} ${machine}`;

const view = (unit: Unit, machine: MachineId | undefined, current: TargetState | undefined): ApiUnit => ({
  name: unit.name,
  options: unit.file,
  desired: unit.target,
  current,
  machine,
});
