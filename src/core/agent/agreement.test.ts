/** The engine places units by what it believes agents do with global units; here both are asked. */
import { expect, it } from 'vitest';
import { anyCluster, largeWorld } from '../../testing/any-cluster.ts';
import { aUnit } from '../../testing/cluster.ts';
import { seeded, seeds } from '../base/choices.ts';
import type { Cluster } from '../cluster/types.ts';
import type { Machine } from '../machine/types.ts';
import { applied } from '../scheduler/applied.ts';
import { decide } from '../scheduler/decide.ts';
import { isGlobal } from '../unit/requirements.ts';
import type { Unit } from '../unit/types.ts';
import { desire } from './desire.ts';

/** The global units that the engine counts on a machine: those beside which it would place a unit that needs them. */
function counted(cluster: Cluster, machine: Machine, globals: readonly Unit[]): readonly string[] {
  const names = globals.map(({ name }) => name);
  return names.filter((name) => {
    const probe = aUnit('zz-probe.service', { fleet: [`MachineOf=${name}`, `MachineID=${machine.id}`] });
    return decide({ ...cluster, units: [...cluster.units, probe] }).some(
      (decision) => decision.kind === 'schedule' && decision.unit === probe.name,
    );
  });
}

it.each(seeds(150))('the engine counts a global unit where the agent wants it, and nowhere else (seed %i)', (seed) => {
  const before = anyCluster(seeded(seed), largeWorld);
  const cluster = applied(before, decide(before));
  const globals = cluster.units.filter((unit) => isGlobal(unit.file, unit.name));
  const files = new Map(cluster.units.map((unit) => [unit.hash, unit.file]));
  for (const machine of cluster.machines) {
    const work = { placements: cluster.placements, globals, files, metadata: machine.metadata };
    const wanted = desire(work, machine.id).map(({ name }) => name);
    const wantedGlobals = wanted.filter((name) => globals.some((unit) => unit.name === name));
    expect(counted(cluster, machine, globals), machine.id).toEqual(wantedGlobals);
  }
});
