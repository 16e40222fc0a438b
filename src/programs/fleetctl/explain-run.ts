/** `fleetctl explain`: all that can be said about one unit, and what to do next. */
import { type ApiMachine, type ApiUnit, type ApiUnitState, encodeUnitState } from '../../core/api/entities.ts';
import { UnitDoesNotExist } from '../../core/errors/fleetctl.ts';
import { type Explanation, explain, type Fate } from '../../core/scheduler/explain.ts';
import { nearNames } from '../../core/topology/near.ts';
import { decompose, hashOf, mangle, templateOf, type UnitName } from '../../core/unit/index.ts';
import type { Invocation } from './command.ts';
import type { explainFlags } from './commands/explain.ts';
import { type Condition, conditionOf } from './condition.ts';
import { fail, refuse } from './failing.ts';
import { printJson } from './listing.ts';
import { pictureOf } from './picture.ts';
import { byId, type MachinesById, placeOf } from './places.ts';
import { answerLines, withPlaces } from './tell-answers.ts';
import type { World } from './world.ts';

export async function runExplain({ flags, args }: Invocation<typeof explainFlags>, { io, fleet }: World) {
  const [arg, ...more] = args;
  if (arg === undefined || more.length > 0) return refuse(io, 'One unit must be provided.');
  const name = mangle(arg) as UnitName;
  try {
    const [machines, units, states] = await Promise.all([fleet.machines(), fleet.units(), fleet.states(name)]);
    const unit = units.find((one) => one.name === name);
    const explanation = explain(pictureOf(machines, units), name);
    if (unit === undefined || explanation === undefined) {
      throw new UnitDoesNotExist({ unit: name, near: unitsNear(name, units) });
    }
    const known: Known = { unit, explanation, machines, units, states };
    const { lines, next } = tell(known);
    if (flags.output === 'json') printJson(jsonOf(known, next), io);
    else for (const line of [...lines, ...next.map((words) => `Next: ${words}`)]) io.out(line);
    return 0;
  } catch (cause) {
    return fail(io, cause, (why) =>
      cause instanceof UnitDoesNotExist ? why : `Error retrieving unit ${name}: ${why}`,
    );
  }
}

interface Known {
  readonly unit: ApiUnit;
  readonly explanation: Explanation;
  readonly machines: readonly ApiMachine[];
  readonly units: readonly ApiUnit[];
  /** Of this unit, one for each machine that reports it. */
  readonly states: readonly ApiUnitState[];
}

interface Told {
  readonly lines: readonly string[];
  /** Commands. */
  readonly next: readonly string[];
}

const jsonOf = ({ unit, explanation, states }: Known, next: readonly string[]): object => ({
  unit: unit.name,
  hash: hashOf(unit.options),
  desiredState: unit.desired,
  currentState: unit.current,
  fate: explanation.fate,
  answers: explanation.answers,
  states: states.map(encodeUnitState),
  next,
});

function tell(known: Known): Told {
  const { unit, explanation } = known;
  const { fate, answers } = explanation;
  const { name } = unit;
  const machines = byId(known.machines);
  const lines = answerLines(answers, machines);
  const ifStarted = lines.length === 0 ? [] : ['What machines would say if it were started:', ...lines];
  switch (fate.kind) {
    case 'placed':
      return tellPlaced(known, fate, machines);
    case 'global':
      return tellGlobal(known, fate, machines);
    case 'due': {
      const where = `${fate.from === undefined ? '' : ` from ${placeOf(fate.from, machines)}`} to ${placeOf(fate.on, machines)}`;
      const because = withPlaces(fate.because, machines);
      return { lines: [`Unit ${name} is about to go${where}: ${because}.`], next: [`fleetctl watch ${name}`] };
    }
    case 'held': {
      const from = fate.from === undefined ? '' : ` It leaves ${placeOf(fate.from, machines)}.`;
      const waits = `Unit ${name} waits: ${fate.because}.${from}`;
      if (lines.length === 0) return { lines: [waits], next: ['fleetctl list-machines'] };
      return { lines: [waits, 'What would have to change, on one of them:', ...lines], next: [] };
    }
    case 'template': {
      const instances = known.units.map((one) => one.name).filter((one) => templateOf(one) === name);
      const there = instances.length === 0 ? [] : [`Instances there are: ${instances.join(', ')}.`];
      const { prefix, suffix } = decompose(name) ?? { prefix: name, suffix: '' };
      return {
        lines: [`Unit ${name} runs nowhere: ${fate.because}.`, ...there, ...ifStarted],
        next: [`fleetctl start ${prefix}@1${suffix}`],
      };
    }
    case 'inactive':
      return {
        lines: [`Unit ${name} runs nowhere: nobody asked for it to be loaded or launched.`, ...ifStarted],
        next: [`fleetctl start ${name}`],
      };
    default:
      return fate satisfies never;
  }
}

function tellPlaced(
  { unit, explanation, states }: Known,
  { on, because }: Extract<Fate, { kind: 'placed' }>,
  machines: MachinesById,
): Told {
  const { text, next } = conditionOn(unit, on, states);
  const others = answerLines(
    explanation.answers.filter(({ machine }) => machine !== on),
    machines,
  );
  return {
    lines: [
      `Unit ${unit.name} is on ${placeOf(on, machines)}, ${text}.`,
      'Why there:',
      ...because.map((one) => `  ${withPlaces(one, machines)}`),
      ...(others.length === 0 ? [] : ['Other machines:', ...others]),
    ],
    next,
  };
}

/** A global unit fares differently on each machine. */
function tellGlobal(
  { unit, explanation, states, machines: all }: Known,
  { on }: Extract<Fate, { kind: 'global' }>,
  machines: MachinesById,
): Told {
  const here = on.map((machine) => ({ machine, ...conditionOn(unit, machine, states) }));
  const others = answerLines(
    explanation.answers.filter(({ machine }) => !on.includes(machine)),
    machines,
  );
  return {
    lines: [
      `Unit ${unit.name} is global, and belongs on ${on.length} of ${all.length} machines.`,
      ...here.map(({ machine, text }) => `  ${placeOf(machine, machines)}: ${text}`),
      ...(others.length === 0 ? [] : ['What would have to change on the others:', ...others]),
    ],
    next: [...new Set(here.flatMap(({ next }) => next))],
  };
}

const conditionOn = (unit: ApiUnit, on: string, states: readonly ApiUnitState[]): Condition =>
  conditionOf(
    unit,
    on,
    states.find(({ machine }) => machine === on),
  );

/** By what stands before the type, which most units share. */
function unitsNear(name: UnitName, units: readonly ApiUnit[]): readonly UnitName[] {
  const stems = new Map(units.map((one) => [decompose(one.name)?.stem ?? one.name, one.name]));
  const near = nearNames(decompose(name)?.stem ?? name, [...stems.keys()]).slice(0, 3);
  return near.flatMap((stem) => stems.get(stem) ?? []);
}
