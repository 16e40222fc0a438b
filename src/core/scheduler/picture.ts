/** A cluster as clients see it, and the draft that it stands for once the engine has nothing left to do. */
import type { Cluster, Placement } from '../cluster/types.ts';
import type { Machine } from '../machine/types.ts';
import type { Unit } from '../unit/types.ts';
import { Draft } from './draft.ts';

/** As much of a cluster as the API tells, which is enough to say where units belong. A `Cluster` is one too. */
export interface Picture {
  readonly machines: readonly Pick<Machine, 'id' | 'metadata'>[];
  readonly units: readonly Unit[];
  readonly placements: readonly Pick<Placement, 'unit' | 'machine'>[];
}

/** Takes machines to have been told everything about their units, since clients cannot see what they were told. */
export function clusterOf({ machines, units, placements }: Picture): Cluster {
  const known = new Map(units.map((unit) => [unit.name, unit]));
  return {
    machines: machines.map(({ id, metadata }) => ({ id, metadata, publicIp: '', capabilities: {}, version: '' })),
    units,
    placements: placements.flatMap(({ unit, machine }) => {
      const placed = known.get(unit);
      return placed === undefined ? [] : [{ unit, machine, hash: placed.hash, target: placed.target }];
    }),
  };
}

/** The draft of a cluster in which every decision was applied. */
export function draftOf({ machines, units, placements }: Cluster): Draft {
  const draft = new Draft();
  draft.addUnits(units);
  for (const machine of machines) draft.addMachine(machine);
  for (const placement of placements) {
    const unit = draft.units.get(placement.unit);
    const machine = draft.machines.get(placement.machine);
    if (unit !== undefined && machine !== undefined) draft.enter(unit, machine);
  }
  for (const machine of draft.machines.values()) draft.settleGlobals(machine);
  return draft;
}
