/** Clusters made of choices: every small one, or seeded large ones. */
import type { Choices } from '../core/base/choices.ts';
import type { Cluster } from '../core/cluster/types.ts';
import type { Machine } from '../core/machine/types.ts';
import { type TargetState, targetStates, type Unit } from '../core/unit/types.ts';
import { aMachine, aPlacement, aUnit } from './cluster.ts';

/** What a generated world may contain. */
export interface WorldSize {
  readonly machines: number;
  readonly units: number;
  /** [X-Fleet] lines that a unit may have. */
  readonly wishes: readonly (readonly string[])[];
  readonly targets: readonly TargetState[];
  /** Whether metadata, and what placements tell, vary too. */
  readonly varied: boolean;
}

/** What X-Fleet can say about units named u0.service, u1.service … and machines m0, m1 … */
const wishes: readonly (readonly string[])[] = [
  [],
  ['Conflicts=u1*'],
  ['MachineOf=u0.service'],
  ['MachineOf=u1.service'],
  ['MachineMetadata=disk=ssd'],
  ['MachineID=m0'],
  ['Global=true'],
  ['Global=true', 'Conflicts=u0*'],
  ['Replaces=u1*'],
];

/** Two machines, of which the second has a disk=ssd, and two units: 11,664 clusters. */
export const smallWorld: WorldSize = {
  machines: 2,
  units: 2,
  wishes,
  targets: ['inactive', 'launched'],
  varied: false,
};

/** Three units that go together, apart, or instead of one another; chains and rings of three: 37,044 clusters. */
export const trioWorld: WorldSize = {
  machines: 2,
  units: 3,
  wishes: [
    [],
    ['MachineOf=u0.service'],
    ['MachineOf=u1.service'],
    ['MachineOf=u2.service'],
    ['Conflicts=u0*'],
    ['Replaces=u0*'],
    ['Global=true', 'Conflicts=u1*'],
  ],
  targets: ['launched'],
  varied: false,
};

/** Small enough for every cluster with every change of it. */
export const tinyWorld: WorldSize = {
  machines: 2,
  units: 2,
  wishes: [
    [],
    ['Conflicts=u1*', 'MachineMetadata=disk=ssd'],
    ['MachineOf=u0.service'],
    ['Replaces=u0*'],
    ['Global=true', 'Conflicts=u0*'],
  ],
  targets: ['launched'],
  varied: false,
};

/** Enough for chains, rings and crowds; for seeds. */
export const largeWorld: WorldSize = {
  machines: 4,
  units: 7,
  wishes: [
    ...wishes,
    ['Conflicts=u*'],
    ['Conflicts=%p.* u0*'],
    ['Conflicts=u3*', 'MachineMetadata=zone=b'],
    ['Replaces=u0*'],
    ['Replaces=u*'],
    ['MachineOf=u2.service'],
    ['MachineOf="u0.service" "u1.service"'],
    ['MachineOf=u0.service', 'Replaces=u3*'],
    ['MachineOf=u1.service', 'Conflicts=u4*'],
    ['MachineID=m1', 'MachineMetadata=disk=ssd'],
    ['MachineID=gone'],
    ['MachineMetadata="zone=a" "zone=b"', 'MachineMetadata=disk=ssd'],
    ['Global=true', 'MachineMetadata=disk=ssd'],
    ['Global=true', 'Conflicts=u1* u2*', 'MachineMetadata=zone=a'],
  ],
  targets: targetStates,
  varied: true,
};

/** A cluster as a registry may hold it: some machines are gone, some placements are out of date. */
export function anyCluster(choices: Choices, world: WorldSize): Cluster {
  const ids = Array.from({ length: world.machines }, (_, index) => `m${index}`);
  const alive = ids.filter(() => choices.chance(4, 5));
  const units = Array.from({ length: world.units }, (_, index) => anyUnit(choices, world, `u${index}.service`));
  return {
    machines: alive.map((id) => anyMachine(choices, world, id)),
    units,
    placements: units
      .filter(() => choices.chance(1, 2))
      .map((unit) => aPlacement(unit, choices.oneOf(ids), world.varied && choices.chance(1, 8) ? outdated : {})),
  };
}

const outdated = { target: 'loaded', hash: aUnit('other.service', { file: '[Service]\n' }).hash } as const;

/** A unit with one of the world's wishes; equal ones are the same object, since hashing is what costs here. */
export function anyUnit(choices: Choices, world: WorldSize, name: string): Unit {
  const fleet = choices.oneOf(world.wishes);
  const target = choices.oneOf(world.targets);
  const key = JSON.stringify([name, fleet, target]);
  const unit = made.get(key) ?? aUnit(name, { fleet, target });
  made.set(key, unit);
  return unit;
}

const made = new Map<string, Unit>();

/** A live machine; some have a disk=ssd, and in varied worlds some are in a zone. */
export function anyMachine(choices: Choices, { varied }: WorldSize, id: string): Machine {
  if (!varied) return aMachine(id, { metadata: id === 'm0' ? '' : 'disk=ssd' });
  return aMachine(id, { metadata: choices.someOf(['disk=ssd', `zone=${choices.oneOf(['a', 'b', 'c'])}`]).join(',') });
}
