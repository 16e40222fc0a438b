/** Where a unit runs and why, or what keeps it from every machine. */

import type { MachineId } from '../machine/types.ts';
import { decompose, isTemplate } from '../unit/name.ts';
import type { TargetState, UnitName } from '../unit/types.ts';
import { applied } from './applied.ts';
import { decide } from './decide.ts';
import type { Draft, DraftMachine, DraftUnit } from './draft.ts';
import { answersOf, type MachineAnswer } from './obstacles.ts';
import { clusterOf, draftOf, type Picture } from './picture.ts';
import type { Decision } from './types.ts';

/**
 * `placed`: it is there and stays, with one sentence per reason. `due`: the engine's next decision puts it there.
 * `global`: its agents run it wherever nothing is in its way. `held`: no machine can run it; `from` is a machine that
 * will lose it. `template` and `inactive`: nobody asked for it to run.
 */
export type Fate =
  | { readonly kind: 'placed'; readonly on: MachineId; readonly because: readonly string[] }
  | { readonly kind: 'due'; readonly on: MachineId; readonly from: MachineId | undefined; readonly because: string }
  | { readonly kind: 'global'; readonly on: readonly MachineId[] }
  | { readonly kind: 'held'; readonly from: MachineId | undefined; readonly because: string }
  | { readonly kind: 'template' | 'inactive'; readonly because: string };

/** What can be said about one unit of a cluster. */
export interface Explanation {
  readonly unit: UnitName;
  readonly target: TargetState;
  readonly fate: Fate;
  /** Every machine's answer, by id; those to a template or an inactive unit are what it would hear if it were started. */
  readonly answers: readonly MachineAnswer[];
}

/**
 * Explains one unit, as it will be once the engine has done what it would do now.
 *
 * @returns undefined when the cluster has no such unit
 */
export function explain(picture: Picture, name: string): Explanation | undefined {
  const before = clusterOf(picture);
  const decisions = decide(before);
  const draft = draftOf(applied(before, decisions));
  const unit = draft.units.get(name);
  if (unit === undefined) return undefined;
  const answers = answersOf(unit, draft);
  return {
    unit: unit.unit.name,
    target: unit.unit.target,
    fate: fateOf(unit, decisions, draft, answers),
    answers,
  };
}

function fateOf(
  unit: DraftUnit,
  decisions: readonly Decision[],
  draft: Draft,
  answers: readonly MachineAnswer[],
): Fate {
  const { name, target } = unit.unit;
  if (target === 'inactive') return whyNobodyAsked(name);
  if (unit.wants.global) return { kind: 'global', on: homesOfGlobal(unit, draft) };
  const left = decisions.find((one) => one.kind === 'unschedule' && one.unit === name);
  const come = decisions.find((one) => one.kind === 'schedule' && one.unit === name);
  const from = left?.kind === 'unschedule' ? left.from : undefined;
  if (unit.on === undefined) return { kind: 'held', from, because: holdText(draft) };
  if (come?.kind === 'schedule')
    return { kind: 'due', on: come.on, from, because: left?.kind === 'unschedule' ? left.because : come.because };
  return { kind: 'placed', on: unit.on.id, because: [...fitness(unit, unit.on), whyNotElsewhere(unit.on, answers)] };
}

export function whyNobodyAsked(name: UnitName): Extract<Fate, { kind: 'template' | 'inactive' }> {
  if (!isTemplate(name)) return { kind: 'inactive', because: 'target state inactive' };
  const { prefix, suffix } = decompose(name) ?? { prefix: name, suffix: '' };
  return { kind: 'template', because: `a template runs as its instances, such as ${prefix}@1${suffix}` };
}

/** In the words of fleet's log. @see fleet.md 3.4 */
const holdText = ({ machines }: Draft): string =>
  machines.size === 0 ? 'zero agents available' : 'no agents able to run job';

/** The machines on which a global unit applies, by id. */
export const homesOfGlobal = (unit: DraftUnit, { machines }: Draft): readonly MachineId[] =>
  [...machines.values()]
    .filter(({ units }) => units.has(unit.name))
    .map(({ id }) => id)
    .sort();

/** What the machine has that the unit asks for. */
export function fitness({ wants }: DraftUnit, { machine: { metadata } }: DraftMachine): readonly string[] {
  return [
    ...(wants.machineId === undefined ? [] : [`MachineID=${wants.machineId} names this machine`]),
    ...[...wants.metadata.keys()].map((key) => `has metadata ${key}=${metadata[key]}`),
    ...wants.peers.map((peer) => `${peer}, which it follows, is here`),
  ];
}

function whyNotElsewhere({ id }: DraftMachine, answers: readonly MachineAnswer[]): string {
  const others = answers.filter(({ machine, obstacles }) => machine !== id && obstacles.length === 0).length;
  if (others === 0) return 'no other machine can run it';
  return `${others} other ${others === 1 ? 'machine' : 'machines'} can run it too, but units stay where they were placed`;
}
