/** What the API shows of a snapshot of the registry. @see fleet.md 2.2, 6.2 */
import type { Cluster, UnitState } from '../cluster/types.ts';
import type { MachineId } from '../machine/types.ts';
import { isGlobal, type TargetState, type Unit, type UnitName } from '../unit/index.ts';
import { type ApiUnit, type ApiUnitState, listOrder } from './entities.ts';

export type Snapshot = Cluster & { readonly states: readonly UnitState[] };

/** Every unit, in name order. A global unit has no machine of its own and shows as inactive. */
export function unitsOf(snapshot: Snapshot): readonly ApiUnit[] {
  const machines = new Map(snapshot.placements.map(({ unit, machine }) => [unit, machine]));
  const states = new Map(snapshot.states.map((state) => [keyOf(state), state]));
  return snapshot.units
    .map((unit) => {
      const machine = machines.get(unit.name);
      return view(unit, machine, currentState(machine && states.get(keyOf({ unit: unit.name, machine }))));
    })
    .sort(listOrder.units);
}

/** One unit; a global one has no current state here. */
export function unitOf(snapshot: Snapshot, name: UnitName): ApiUnit | undefined {
  const unit = snapshot.units.find((candidate) => candidate.name === name);
  if (unit === undefined) return undefined;
  if (isGlobal(unit.file)) return view(unit, undefined, undefined);
  const machine = snapshot.placements.find((placement) => placement.unit === name)?.machine;
  const state = snapshot.states.find((candidate) => candidate.unit === name && candidate.machine === machine);
  return view(unit, machine, currentState(machine && state));
}

/** Published states in the order of the API. */
export const statesOf = ({ states }: Snapshot): readonly ApiUnitState[] => states.toSorted(listOrder.states);

/** @param state what the machine that the unit is placed on publishes about it */
const currentState = (state: UnitState | '' | undefined): TargetState => {
  if (state === undefined || state === '') return 'inactive';
  return state.launched ? 'launched' : 'loaded';
};

const keyOf = ({ unit, machine }: { readonly unit: UnitName; readonly machine: MachineId }) => `${unit} ${machine}`;

const view = (unit: Unit, machine: MachineId | undefined, current: TargetState | undefined): ApiUnit => ({
  name: unit.name,
  options: unit.file,
  desired: unit.target,
  current,
  machine,
});
