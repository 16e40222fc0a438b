/** The incremental scheduler and one without memory are asked the same, after any changes. */
import { describe, expect, it } from 'vitest';
import { anyCluster, anyMachine, anyUnit, largeWorld, tinyWorld, type WorldSize } from '../../testing/any-cluster.ts';
import { type Choices, everyChoice, seeded, seeds } from '../base/choices.ts';
import type { Cluster } from '../cluster/types.ts';
import { machineId } from '../machine/id.ts';
import { targetStates } from '../unit/types.ts';
import { applied } from './applied.ts';
import { decide } from './decide.ts';
import { Scheduler } from './scheduler.ts';

/** The same cluster a moment later. */
function changed(choices: Choices, world: WorldSize, cluster: Cluster): Cluster {
  const unit = () => anyUnit(choices, world, `u${choices.below(world.units + 2)}.service`);
  const without = (name: string) => cluster.units.filter((other) => other.name !== name);
  switch (choices.below(8)) {
    case 0: {
      const added = unit();
      return { ...cluster, units: [...without(added.name), added] };
    }
    case 1: {
      const removed = unit().name;
      const kept = cluster.placements.filter((placement) => placement.unit !== removed || choices.chance(1, 3));
      return { ...cluster, units: without(removed), placements: kept };
    }
    case 2:
      return { ...cluster, machines: cluster.machines.filter(() => choices.chance(3, 4)) };
    case 3: {
      const machine = anyMachine(choices, world, `m${choices.below(world.machines + 1)}`);
      return { ...cluster, machines: [...cluster.machines.filter((other) => other.id !== machine.id), machine] };
    }
    case 4:
      return {
        ...cluster,
        units: cluster.units.map((one) =>
          choices.chance(1, 3) ? { ...one, target: choices.oneOf(targetStates) } : one,
        ),
      };
    case 5:
      return { ...cluster, placements: cluster.placements.filter(() => choices.chance(4, 5)) };
    case 6: {
      const [placement] = cluster.placements;
      const machine = choices.oneOf([...cluster.machines.map(({ id }) => id), machineId('m9')]);
      const taken = cluster.placements.some((one) => one.machine === machine && one.unit === placement?.unit);
      if (placement === undefined || taken) return cluster;
      return { ...cluster, placements: [...cluster.placements, { ...placement, machine }] };
    }
    default:
      // Another registry, or the same after it was read anew: equal, but nothing is the same object.
      return {
        machines: cluster.machines.map((machine) => ({ ...machine })),
        units: cluster.units.map((one) => ({ ...one })),
        placements: cluster.placements.map((placement) => ({ ...placement })),
      };
  }
}

describe('a scheduler that remembers', () => {
  it('decides what one without memory would decide, after every change of every tiny cluster', {
    timeout: 120_000,
  }, () => {
    const worlds = everyChoice((choices) => {
      const cluster = anyCluster(choices, tinyWorld);
      const scheduler = new Scheduler();
      scheduler.decide(cluster);
      const next = changed(choices, tinyWorld, cluster);
      const [warm, cold] = [scheduler.decide(next), decide(next)];
      if (JSON.stringify(warm) !== JSON.stringify(cold))
        expect({ warm, cluster, next }).toEqual({ warm: cold, cluster, next });
    });
    expect(worlds).toBe(66_325);
  });

  it.each(seeds(600))('decides what one without memory would decide, change after change (seed %i)', (seed) => {
    const choices = seeded(seed);
    const scheduler = new Scheduler();
    let cluster = anyCluster(choices, largeWorld);
    for (let round = 0; round < 12; round++) {
      const decisions = scheduler.decide(cluster);
      expect(decisions, `round ${round}`).toEqual(decide(anyOrder(choices, cluster)));
      // Now and then a decision is lost on its way to the registry.
      const taken = choices.chance(1, 4) ? decisions.filter(() => choices.chance(1, 2)) : decisions;
      cluster = applied(cluster, taken);
      for (let count = choices.below(3); count > 0; count--) cluster = changed(choices, largeWorld, cluster);
    }
  });
});

/** The same cluster, listed anyhow. */
function anyOrder(choices: Choices, { machines, units, placements }: Cluster): Cluster {
  const shuffled = <T>(items: readonly T[]): readonly T[] => {
    const drawn: T[] = [];
    for (const item of items) drawn.splice(choices.below(drawn.length + 1), 0, item);
    return drawn;
  };
  return { machines: shuffled(machines), units: shuffled(units), placements: shuffled(placements) };
}
