/** Where units would go if they were submitted now, and what that would do to others; nothing is changed. */
import { by } from '../base/order.ts';
import type { MachineId } from '../machine/types.ts';
import { unitFrom } from '../unit/file.ts';
import { isTemplate } from '../unit/name.ts';
import type { TargetState, UnitFile, UnitName } from '../unit/types.ts';
import { applied } from './applied.ts';
import type { Draft, DraftUnit } from './draft.ts';
import { fitness, homesOfGlobal, whyNobodyAsked } from './explain.ts';
import { answersOf, type MachineAnswer } from './obstacles.ts';
import { clusterOf, draftOf, type Picture } from './picture.ts';
import { Scheduler } from './scheduler.ts';
import type { Decision } from './types.ts';

/** A unit file that somebody might submit. */
export interface Submission {
  readonly name: UnitName;
  readonly file: UnitFile;
}

/**
 * What would become of one unit. `placed`: it was nowhere. `moved`, `removed`: it was displaced, and another machine took
 * it or none did. `changed`: it stays and its machine gets the other file or target state. `kept`: nothing changes for
 * it. `held`: no machine takes it. `spread`: a global unit, and which machines it gains and loses. `stored`: nobody asked
 * for it to run; `from` is the machine that loses it.
 */
export type Effect =
  | { readonly kind: 'placed'; readonly unit: UnitName; readonly on: MachineId; readonly because: readonly string[] }
  | {
      readonly kind: 'moved';
      readonly unit: UnitName;
      readonly from: MachineId;
      readonly on: MachineId;
      readonly because: string;
    }
  | { readonly kind: 'changed'; readonly unit: UnitName; readonly on: MachineId; readonly because: string }
  | { readonly kind: 'kept'; readonly unit: UnitName; readonly on: MachineId }
  | {
      readonly kind: 'removed';
      readonly unit: UnitName;
      readonly from: MachineId;
      readonly because: string;
      readonly answers: readonly MachineAnswer[];
    }
  | { readonly kind: 'held'; readonly unit: UnitName; readonly answers: readonly MachineAnswer[] }
  | {
      readonly kind: 'spread';
      readonly unit: UnitName;
      readonly on: readonly MachineId[];
      readonly gains: readonly MachineId[];
      readonly losses: readonly MachineId[];
      readonly answers: readonly MachineAnswer[];
    }
  | {
      readonly kind: 'stored';
      readonly unit: UnitName;
      readonly from: readonly MachineId[];
      readonly because: string;
    };

export interface Plan {
  /** One effect per submission, by name. */
  readonly submitted: readonly Effect[];
  /** Other units of the cluster for which something would change, by name. */
  readonly others: readonly Effect[];
  /** What the engine would decide, as it would decide it. */
  readonly decisions: readonly Decision[];
}

/**
 * Plans the submission of unit files with a target state; templates are planned as stored, since they cannot run. What
 * the engine is about to do anyway is taken as done, and is no part of the plan.
 *
 * @param submissions checked by `checkOptions`; the last one of a name counts
 */
export function planUnits(
  picture: Picture,
  submissions: readonly Submission[],
  target: TargetState = 'launched',
): Plan {
  const scheduler = new Scheduler();
  const asSeen = clusterOf(picture);
  const now = applied(asSeen, scheduler.decide(asSeen));
  const fresh = new Map(
    submissions.map(({ name, file }) => [name, unitFrom(name, file, isTemplate(name) ? 'inactive' : target)]),
  );
  const submitted = { ...now, units: [...now.units.filter(({ name }) => !fresh.has(name)), ...fresh.values()] };
  const decisions = scheduler.decide(submitted);
  const before = draftOf(now);
  const after = draftOf(applied(submitted, decisions));
  const effects = [...after.units.values()].sort(by(({ name }) => name)).map((unit) => ({
    isSubmitted: fresh.has(unit.unit.name),
    isChange: homes(unit, after).join() !== homes(before.units.get(unit.name), before).join(),
    effect: () => effectOn(unit, before, after, decisions),
  }));
  return {
    submitted: effects.filter(({ isSubmitted }) => isSubmitted).map(({ effect }) => effect()),
    others: effects.filter(({ isSubmitted, isChange }) => !isSubmitted && isChange).map(({ effect }) => effect()),
    decisions,
  };
}

function effectOn(after: DraftUnit, was: Draft, will: Draft, decisions: readonly Decision[]): Effect {
  const { name: unit, target } = after.unit;
  const before = was.units.get(unit);
  const from = homes(before, was);
  if (target === 'inactive') return { kind: 'stored', unit, from, because: whyNobodyAsked(unit).because };
  const on = homes(after, will);
  if (after.wants.global) {
    const answers = answersOf(after, will);
    return { kind: 'spread', unit, on, gains: without(on, from), losses: without(from, on), answers };
  }
  const left = before?.wants.global ? undefined : from[0];
  const because = decisions.flatMap((one) => (one.unit === unit && 'because' in one ? [one.because] : []))[0];
  if (after.on === undefined) {
    const answers = answersOf(after, will);
    return left === undefined
      ? { kind: 'held', unit, answers }
      : { kind: 'removed', unit, from: left, because: because ?? '', answers };
  }
  const { id } = after.on;
  if (left === undefined)
    return {
      kind: 'placed',
      unit,
      on: id,
      because: [...fitness(after, after.on), ...whyThisOne(after, without(from, on))],
    };
  if (left !== id) return { kind: 'moved', unit, from: left, on: id, because: because ?? '' };
  return because === undefined ? { kind: 'kept', unit, on: id } : { kind: 'changed', unit, on: id, because };
}

/** By id; a unit that nobody asked to run has none. */
function homes(unit: DraftUnit | undefined, draft: Draft): readonly MachineId[] {
  if (unit === undefined || unit.unit.target === 'inactive') return [];
  if (unit.wants.global) return homesOfGlobal(unit, draft);
  return unit.on === undefined ? [] : [unit.on.id];
}

const without = (some: readonly MachineId[], others: readonly MachineId[]) => some.filter((id) => !others.includes(id));

/** @param leaves machines that ran it while it was a global unit */
const whyThisOne = ({ wants }: DraftUnit, leaves: readonly MachineId[]): readonly string[] => [
  ...(wants.machineId === undefined && wants.peers.length === 0 ? ['the least loaded machine that can run it'] : []),
  ...(leaves.length > 0 ? [`is no longer global, and leaves ${leaves.join(', ')}`] : []),
];
