/** What holds after every decision, whatever the cluster; judged by a plain reading of the rules, without the draft. */
import { describe, expect, it } from 'vitest';
import { anyCluster, largeWorld, smallWorld, trioWorld } from '../../testing/any-cluster.ts';
import { everyChoice, seeded, seeds } from '../base/choices.ts';
import { by, compareText } from '../base/order.ts';
import type { Cluster } from '../cluster/types.ts';
import { hasMetadata } from '../machine/match.ts';
import type { Machine } from '../machine/types.ts';
import { type Requirements, requirementsOf } from '../unit/requirements.ts';
import type { Unit } from '../unit/types.ts';
import { applied } from './applied.ts';
import { decide } from './decide.ts';
import type { Decision } from './types.ts';

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

  // Deciding twice decides nothing new: also followers and replaced units are where they stay.
  sameText(decide(after), holds);

  // Nothing depends on the order in which a registry lists things.
  const reversed = {
    machines: before.machines.toReversed(),
    units: before.units.toReversed(),
    placements: before.placements.toReversed(),
  };
  sameText(decide(reversed), decisions);

  judgeForm(before, decisions);
  judgePlaces(after, holds);
  judgeReplaced(after);
  if (before.units.some((unit) => wants(unit).replaces.length > 0)) return;
  judgeStaying(before, after);
  judgeChoices(before, decisions);
}

/** Decisions come in their order, with reasons, and tell all that a machine must know. */
function judgeForm({ units }: Cluster, decisions: readonly Decision[]): void {
  const ranks = ['unschedule', 'schedule', 'instruct', 'hold'];
  const order = decisions.map(({ kind }) => ranks.indexOf(kind));
  sameText(
    order.toSorted((a, b) => a - b),
    order,
  );
  for (const kind of ['instruct', 'hold'] as const) {
    const names = decisions.filter((decision) => decision.kind === kind).map(({ unit }) => unit);
    sameText(names.toSorted(), names);
  }
  const arrived = new Set<string>();
  const arriving = new Set(decisions.filter(({ kind }) => kind === 'schedule').map(({ unit }) => String(unit)));
  for (const decision of decisions) {
    const reasons = decision.kind === 'hold' ? decision.refusals.map(({ because }) => because) : [decision.because];
    must(!reasons.includes(''), () => `${decision.kind} of ${decision.unit} has a reason`);
    if (decision.kind !== 'schedule' && decision.kind !== 'instruct') continue;
    const unit = units.find(({ name }) => name === decision.unit);
    must(
      unit?.hash === decision.hash && unit.target === decision.target,
      () => `${decision.on} is told all about ${decision.unit}`,
    );
    if (unit === undefined || decision.kind !== 'schedule') continue;
    arrived.add(unit.name);
    for (const peer of wants(unit).peers)
      must(!arriving.has(peer) || arrived.has(peer), () => `${unit.name} comes after ${peer}, which it follows`);
  }
}

/** Every unit is where it may be, or every machine says why not; so no two units of a machine are in conflict. */
function judgePlaces(after: Cluster, holds: readonly Extract<Decision, { kind: 'hold' }>[]): void {
  const there = new Map(after.machines.map((machine) => [machine.id, unitsOn(after, machine)]));
  for (const unit of after.units) {
    const placements = after.placements.filter((one) => one.unit === unit.name);
    const [placement] = placements;
    must(placements.length <= 1, () => `${unit.name} is in one place`);
    const machine = after.machines.find(({ id }) => id === placement?.machine);
    if (unit.target === 'inactive' || isGlobal(unit)) {
      must(placement === undefined, () => `${unit.name} is nowhere`);
    } else if (machine !== undefined) {
      must(ableToRun(unit, machine, there.get(machine.id) ?? []), () => `${unit.name} may be on ${machine.id}`);
      must(
        placement?.hash === unit.hash && placement.target === unit.target,
        () => `${machine.id} was told all about ${unit.name}`,
      );
    } else {
      must(placement === undefined, () => `${unit.name} is on no lost machine`);
      sameText(
        holds.find((one) => one.unit === unit.name)?.refusals.map((refusal) => refusal.machine),
        after.machines.map(({ id }) => id).sort(),
      );
      for (const one of after.machines)
        must(!ableToRun(unit, one, there.get(one.id) ?? []), () => `${one.id} does refuse ${unit.name}`);
    }
  }
}

/** Nothing moves that could stay: without Replaces, a unit is only sent away from where it may not be. */
function judgeStaying(before: Cluster, after: Cluster): void {
  const active = { ...before, units: before.units.filter((one) => isGlobal(one) || one.target !== 'inactive') };
  for (const placement of before.placements) {
    const unit = active.units.find(({ name }) => name === placement.unit);
    const machine = before.machines.find(({ id }) => id === placement.machine);
    if (unit === undefined || machine === undefined || isGlobal(unit) || wants(unit).peers.length > 0) continue;
    if (!ableToRun(unit, machine, unitsOn(active, machine))) continue;
    const home = after.placements.find((one) => one.unit === unit.name)?.machine;
    must(home === machine.id, () => `${unit.name} stays on ${machine.id}`);
  }
}

/** Without Replaces, each unit goes to the least loaded machine that can run it at that moment. @see fleet.md 3.6 */
function judgeChoices(before: Cluster, decisions: readonly Decision[]): void {
  // A follower whose peer comes to where the follower is has not moved, but was no load at that moment.
  const isFollower = (name: string) => before.units.some((unit) => unit.name === name && wants(unit).peers.length > 0);
  if (before.placements.some(({ unit }) => isFollower(unit))) return;
  let now = applied(
    before,
    decisions.filter(({ kind }) => kind === 'unschedule'),
  );
  for (const decision of decisions) {
    if (decision.kind !== 'schedule') continue;
    const unit = now.units.find(({ name }) => name === decision.unit);
    if (unit === undefined) continue;
    const able = now.machines
      .map((machine) => ({ machine, there: unitsOn(now, machine) }))
      .filter(({ machine, there }) => ableToRun(unit, machine, there))
      .sort((a, b) => a.there.length - b.there.length || compareText(a.machine.id, b.machine.id));
    must(able[0]?.machine.id === decision.on, () => `${decision.on} is the best place for ${unit.name}`);
    now = applied(now, [decision]);
  }
}

/** Replacing is over: nobody is with a unit that replaces it, if it has somewhere to go. */
function judgeReplaced(after: Cluster): void {
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

  it('the laws hold, in every cluster of two machines and three units that concern one another', {
    timeout: 120_000,
  }, () => {
    expect(everyChoice((choices) => judge(anyCluster(choices, trioWorld)))).toBe(37_044);
  });

  it.each(seeds(800))('the laws hold (seed %i)', (seed) => judge(anyCluster(seeded(seed), largeWorld)));
});
