/** `fleetctl plan`: a rehearsal of `start`, and what the engine would decide after it. */

import { type Effect, type Plan, planUnits, type Submission } from '../../core/scheduler/plan-units.ts';
import { mangle, targetStates, type UnitName } from '../../core/unit/index.ts';
import type { Io } from '../../ports/io/index.ts';
import { noUnitsGiven } from './block-flags.ts';
import type { Invocation } from './command.ts';
import type { planFlags } from './commands/plan.ts';
import { ensureCreated } from './ensure-created.ts';
import { fail } from './failing.ts';
import { printJson } from './listing.ts';
import { pictureOf } from './picture.ts';
import { byId, type MachinesById, placeOf } from './places.ts';
import { rehearsalOn } from './rehearsal.ts';
import { answerLines, withPlaces } from './tell-answers.ts';
import { watchCluster } from './watch.ts';
import type { World } from './world.ts';

export async function runPlan({ flags, args }: Invocation<typeof planFlags>, world: World): Promise<number> {
  const { io, fleet } = world;
  if (args.length === 0) {
    io.err(noUnitsGiven);
    return 0;
  }
  let plan: Plan;
  let machines: MachinesById;
  try {
    const [present, units] = await Promise.all([fleet.machines(), fleet.units()]);
    machines = byId(present);
    const rehearsed = { ...world, fleet: rehearsalOn(fleet, units), io: withoutResults(io) };
    plan = planUnits(pictureOf(present, units), await rehearse(rehearsed, args, flags.replace));
  } catch (cause) {
    return fail(io, cause, (why) => `Error planning units: ${why}`);
  }
  if (flags.output === 'json') printJson({ submitted: plan.submitted, others: plan.others }, io);
  else for (const line of planLines(plan, machines)) io.out(line);
  return [...plan.submitted, ...plan.others].some(hasNoPlace) ? 1 : 0;
}

/** @returns what `start` would ask the cluster to run */
async function rehearse(world: World, args: readonly string[], replace: boolean): Promise<readonly Submission[]> {
  await using watch = watchCluster(world, args);
  await ensureCreated(world, watch, args, { replaceIn: replace ? targetStates : [], attempts: 1 });
  const names = [...new Set(args.map(mangle))] as UnitName[];
  const found = await Promise.all(names.map((name) => world.fleet.unit(name)));
  return found.flatMap((unit) => (unit === undefined ? [] : [{ name: unit.name, file: unit.options }]));
}

/** The rehearsal's own results are not the plan's; its warnings are. */
const withoutResults = (io: Io): Io => Object.create(io, { out: { value: () => {} } });

/** A unit that would run on no machine although somebody wants it to. */
const hasNoPlace = (effect: Effect): boolean =>
  effect.kind === 'held' || effect.kind === 'removed' || (effect.kind === 'spread' && effect.on.length === 0);

function planLines({ submitted, others }: Plan, machines: MachinesById): readonly string[] {
  const lines = (effects: readonly Effect[]) => effects.flatMap((effect) => effectLines(effect, machines));
  return [...lines(submitted), ...(others.length === 0 ? [] : ['What would become of others:', ...lines(others)])];
}

function effectLines(effect: Effect, machines: MachinesById): readonly string[] {
  const unit = `Unit ${effect.unit} would`;
  const place = (id: Parameters<typeof placeOf>[0]) => placeOf(id, machines);
  const told = (text: string) => withPlaces(text, machines);
  switch (effect.kind) {
    case 'placed':
      return [`${unit} go to ${place(effect.on)}: ${effect.because.map(told).join('; ')}`];
    case 'moved':
      return [`${unit} move from ${place(effect.from)} to ${place(effect.on)}: ${told(effect.because)}`];
    case 'changed':
      return [`${unit} stay on ${place(effect.on)}, with a change: ${told(effect.because)}`];
    case 'kept':
      return [`${unit} stay on ${place(effect.on)}, and nothing would change`];
    case 'removed':
      return [
        `${unit} leave ${place(effect.from)} and wait: ${told(effect.because)}`,
        ...answerLines(effect.answers, machines),
      ];
    case 'held':
      return [
        `${unit} wait: ${effect.answers.length === 0 ? 'there is no machine' : 'no machine can run it'}`,
        ...answerLines(effect.answers, machines),
      ];
    case 'spread': {
      if (effect.on.length === 0) {
        const why = effect.answers.length === 0 ? 'there is no machine' : 'no machine can run it';
        return [`${unit} run nowhere, though it is global: ${why}`, ...answerLines(effect.answers, machines)];
      }
      const gains = effect.gains.length === 0 ? '' : `; new on ${effect.gains.map(place).join(', ')}`;
      const losses = effect.losses.length === 0 ? '' : `; no longer on ${effect.losses.map(place).join(', ')}`;
      return [`${unit} run on ${effect.on.length} of ${machines.size} machines, being global${gains}${losses}`];
    }
    case 'stored': {
      const from = effect.from.length === 0 ? '' : ` and leave ${effect.from.map(place).join(', ')}`;
      return [`${unit} be stored${from}: ${told(effect.because)}`];
    }
    default:
      return effect satisfies never;
  }
}
