/** What holds after every decision, whatever the cluster; judged by a plain reading of the rules, without the draft. */
import { describe, expect, it } from 'vitest';
import { anyCluster, anyMachine, anyUnit, largeWorld, smallWorld } from '../../testing/any-cluster.ts';
import { type Choices, everyChoice, seeded, seeds } from '../base/choices.ts';
import { by } from '../base/order.ts';
import type { Cluster } from '../cluster/types.ts';
import { machineId } from '../machine/id.ts';
import { hasMetadata } from '../machine/match.ts';
import type { Machine } from '../machine/types.ts';
import { type Requirements, requirementsOf } from '../unit/requirements.ts';
import { targetStates, type Unit } from '../unit/types.ts';
import { applied } from './applied.ts';
import { decide } from './decide.ts';
import { Scheduler } from './scheduler.ts';

const wants = ({ file, name }: Unit): Requirements => requirementsOf(file, name);

/** `expect` with a sentence costs more than all the rest; there are millions here. */
const must = (holds: boolean, sentence: () => string) => holds || expect.fail(sentence());
const sameText = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b) || expect(a).toEqual(b);

const isGlobal = (unit: Unit) => wants(unit).global;

const refuses = (a: Unit, b: Unit) => wants(a).conflicts.some((glob) => glob.matches(b.name));
const conflict = (a: Unit, b: Unit) => a.name !== b.name && (refuses(a, b) || refuses(b, a));
const replaces = (a: Unit, b: Unit) => wants(a).replaces.some((glob) => glob.matches(b.name));

/** What is on a machine, the global units that apply included. @see fleet.md 3.3 */
function unitsOn(cluster: Cluster, machine: Machine): readonly Unit[] {
  const placed = new Set(cluster.placements.filter((one) => one.machine === machine.id).map(({ unit }) => unit));
  const there = cluster.units.filter((unit) => placed.has(unit.name) && !isGlobal(unit));
  for (const unit of cluster.units.filter(isGlobal).sort(by(({ name }) => name))) {
    if (!hasMetadata(machine.metadata, wants(unit).metadata)) continue;
    if (!there.some((other) => conflict(unit, other))) there.push(unit);
  }
  return there;
}

function ableToRun(unit: Unit, machine: Machine, there: readonly Unit[]): boolean {
  const { machineId, metadata, peers } = wants(unit);
  return (
    (machineId === undefined || machineId === machine.id) &&
    hasMetadata(machine.metadata, metadata) &&
    peers.every((peer) => there.some(({ name }) => name === peer)) &&
    !there.some((other) => conflict(unit, other))
  );
}

function judge(before: Cluster): void {
  const decisions = decide(before);
  const after = applied(before, decisions);
  const holds = decisions.filter((decision) => decision.kind === 'hold');
  const machineOf = (name: string) => after.placements.find(({ unit }) => unit === name)?.machine;
  const there = new Map(after.machines.map((machine) => [machine.id, unitsOn(after, machine)]));

  // Deciding twice decides nothing new.
  sameText(decide(after), holds);

  // Nothing depends on the order in which a registry lists things.
  const reversed = {
    machines: before.machines.toReversed(),
    units: before.units.toReversed(),
    placements: before.placements.toReversed(),
  };
  sameText(decide(reversed), decisions);

  for (const unit of after.units) {
    const machine = after.machines.find(({ id }) => id === machineOf(unit.name));
    const placement = after.placements.find((one) => one.unit === unit.name);
    if (unit.target === 'inactive' || isGlobal(unit)) {
      must(placement === undefined, () => `${unit.name} is nowhere`);
    } else if (machine !== undefined) {
      must(ableToRun(unit, machine, there.get(machine.id) ?? []), () => `${unit.name} may be on ${machine.id}`);
      must(
        placement?.hash === unit.hash && placement.target === unit.target,
        () => `${machine.id} was told all about ${unit.name}`,
      );
    } else {
      const refusals = holds.find((one) => one.unit === unit.name)?.refusals ?? [];
      sameText(
        refusals.map((refusal) => refusal.machine),
        after.machines.map(({ id }) => id).sort(),
      );
      must(
        refusals.every(({ because }) => because !== ''),
        () => `each refusal of ${unit.name} has a reason`,
      );
      for (const one of after.machines)
        must(!ableToRun(unit, one, there.get(one.id) ?? []), () => `${one.id} does refuse ${unit.name}`);
    }
  }

  // Nothing moves that could stay: without Replaces, a unit is only sent away from where it may not be.
  if (before.units.some((unit) => wants(unit).replaces.length > 0)) return;
  for (const placement of before.placements) {
    const unit = before.units.find(({ name }) => name === placement.unit);
    const machine = before.machines.find(({ id }) => id === placement.machine);
    if (unit === undefined || machine === undefined || unit.target === 'inactive' || isGlobal(unit)) continue;
    const active = { ...before, units: before.units.filter((one) => isGlobal(one) || one.target !== 'inactive') };
    if (ableToRun(unit, machine, unitsOn(active, machine)) && wants(unit).peers.length === 0)
      must(machineOf(unit.name) === machine.id, () => `${unit.name} stays on ${machine.id}`);
  }
}

/** Whether replacing is over: nobody is with a unit that replaces it, if it has somewhere to go. */
function judgeReplaced(before: Cluster): void {
  const after = applied(before, decide(before));
  for (const machine of after.machines) {
    const here = unitsOn(after, machine);
    for (const unit of here) {
      const isReplaced = here.some((other) => replaces(other, unit) && !replaces(unit, other));
      if (!isReplaced || isGlobal(unit)) continue;
      for (const other of after.machines) {
        if (other === machine) continue;
        const there = unitsOn(after, other);
        const meets = there.some((one) => replaces(one, unit) !== replaces(unit, one));
        must(meets || !ableToRun(unit, other, there), () => `${unit.name} has no reason to stay on ${machine.id}`);
      }
    }
  }
}

describe('after every decision', () => {
  it('the laws hold, in every cluster of two machines and two units', { timeout: 120_000 }, () => {
    expect(everyChoice((choices) => judge(anyCluster(choices, smallWorld)))).toBe(11_664);
  });

  it.each(seeds(400))('the laws hold (seed %i)', (seed) => judge(anyCluster(seeded(seed), largeWorld)));

  it.each(seeds(300))('nobody stays with a unit that replaces it, unless there is nowhere else (seed %i)', (seed) => {
    judgeReplaced(anyCluster(seeded(seed), largeWorld));
  });
});

/** The same cluster a moment later. */
function changed(choices: Choices, cluster: Cluster): Cluster {
  const unit = () => anyUnit(choices, largeWorld, `u${choices.below(largeWorld.units + 2)}.service`);
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
      const machine = anyMachine(choices, largeWorld, `m${choices.below(largeWorld.machines + 1)}`);
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
  it.each(seeds(300))('decides what one without memory would decide (seed %i)', (seed) => {
    const choices = seeded(seed);
    const scheduler = new Scheduler();
    let cluster = anyCluster(choices, largeWorld);
    for (let round = 0; round < 12; round++) {
      const decisions = scheduler.decide(cluster);
      expect(decisions, `round ${round}`).toEqual(decide(cluster));
      // Now and then a decision is lost on its way to the registry.
      const taken = choices.chance(1, 4) ? decisions.filter(() => choices.chance(1, 2)) : decisions;
      cluster = applied(cluster, taken);
      for (let count = choices.below(3); count > 0; count--) cluster = changed(choices, cluster);
    }
  });
});
