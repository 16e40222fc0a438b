/** What `load` and `start` share: units are created where needed, given a target state and waited for. @see fleet.md 7.5 */
import type { ApiUnit } from '../../core/api/entities.ts';
import type { Values } from '../../core/base/settings.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { UnitToChangeMissing, UnitToChangeUnreadable } from '../../core/errors/fleetctl.ts';
import { isGlobal, mangle, type TargetState, type UnitName } from '../../core/unit/index.ts';
import { blockAttempts, noBlock, noUnitsGiven, replace, sign } from './block-flags.ts';
import { type Command, command } from './command.ts';
import { ensureCreated } from './ensure-created.ts';
import { fail, messageOf } from './failing.ts';
import { lookUp } from './look-up.ts';
import { waitForActive, waitForState } from './wait.ts';
import { type Watch, watchCluster } from './watch.ts';
import type { World } from './world.ts';

interface Activation {
  readonly name: 'load' | 'start';
  readonly summary: string;
  readonly goal: TargetState;
  /** What a unit may be asked for when `--replace` gives it new content. */
  readonly replaceIn: readonly TargetState[];
  /** `Error loading units`. */
  readonly doing: string;
}

const flags = { blockAttempts, noBlock, replace, sign };

export const activation = ({ name, summary, goal, replaceIn, doing }: Activation): Command =>
  command({
    name,
    operands: 'UNIT...',
    summary,
    flags,
    hidden: ['sign'],
    async run({ flags, args }, world) {
      const { io } = world;
      if (args.length === 0) {
        io.err(noUnitsGiven);
        return 0;
      }
      await using watch = watchCluster(world, args);
      const creating = { replaceIn: flags.replace ? replaceIn : [], attempts: flags.blockAttempts };
      try {
        await ensureCreated(world, watch, args, creating);
      } catch (cause) {
        return fail(io, cause, (why) => `Error creating units: ${why}`);
      }
      let changed: readonly ApiUnit[];
      try {
        changed = await retarget(world, args, goal);
      } catch (cause) {
        return fail(io, cause, (why) => `Error ${doing} units: ${why}`);
      }
      for (const unit of changed) if (isGlobal(unit.options)) io.out(`Triggered global unit ${unit.name} ${name}`);
      const awaited = changed.filter(({ options }) => !isGlobal(options)).map((unit) => unit.name);
      return await waitForAll(world, watch, awaited, { name, goal, flags });
    },
  });

/** @returns the units that were not asked for that state before */
async function retarget(world: World, args: readonly string[], goal: TargetState): Promise<readonly ApiUnit[]> {
  const names = [...new Set(args.map(mangle))] as UnitName[];
  const find = lookUp(world, names.length);
  const changed: ApiUnit[] = [];
  let failure: unknown;
  try {
    for (const name of names) {
      const unit = await find(name).catch((cause: unknown) => {
        throw new UnitToChangeUnreadable({ unit: name, why: messageOf(cause) }, { cause });
      });
      if (unit === undefined) throw new UnitToChangeMissing({ unit: name });
      if (unit.desired !== goal) changed.push(unit);
    }
  } catch (cause) {
    failure = cause;
  }
  // Units before the one that failed are changed all the same, and a failure among them came first.
  await setTargets(world, changed, goal);
  if (failure !== undefined) throw failure;
  return changed;
}

/** @throws what the first unit that was refused met; those before it are changed */
export async function setTargets({ fleet }: World, units: readonly ApiUnit[], desired: TargetState): Promise<void> {
  const outcome = await fleet.putUnits(units.map(({ name }) => ({ name, desired })));
  if ('failure' in outcome) throw outcome.failure;
}

async function waitForAll(
  world: World,
  watch: Watch,
  names: readonly UnitName[],
  { name, goal, flags: { noBlock, blockAttempts } }: WaitFacts,
): Promise<number> {
  const { io } = world;
  if (noBlock) {
    for (const unit of names) io.out(`Triggered unit ${unit} ${name}`);
    return 0;
  }
  try {
    await waitForState(world, watch, names, goal, blockAttempts);
  } catch (cause) {
    return failWaiting(world, cause, (why) => `Error waiting for unit states, exit status: ${why}`);
  }
  if (goal !== 'launched') return 0;
  try {
    await waitForActive(watch, names, blockAttempts);
    return 0;
  } catch (cause) {
    return failWaiting(world, cause, (why) => `Error waiting for systemd unit states, err: ${why}`);
  }
}

interface WaitFacts {
  readonly name: string;
  readonly goal: TargetState;
  readonly flags: Values<typeof flags>;
}

/** Two lines, as fleet has it: the first says what was waited for, the second which command did. */
export function failWaiting({ io }: Pick<World, 'io'>, cause: unknown, line: (why: string) => string): 1 {
  if (cause instanceof OperatingError) io.err(`Error waiting for units: ${cause.message}`);
  return fail(io, cause, line);
}
