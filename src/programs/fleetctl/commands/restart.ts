import type { ApiUnit } from '../../../core/api/entities.ts';
import { isGlobal, type TargetState } from '../../../core/unit/index.ts';
import { blockAttempts, noUnitsGiven } from '../block-flags.ts';
import { command } from '../command.ts';
import { ensureCreated } from '../ensure-created.ts';
import { fail } from '../failing.ts';
import { findUnits } from '../find-units.ts';
import { runCommand } from '../run-command.ts';
import { waitForState } from '../wait.ts';
import { type Watch, watchCluster } from '../watch.ts';
import type { World } from '../world.ts';

/** fleet waits for `launched` after both steps, and so does not restart or hangs; here each step is waited for. */
export const restart = command({
  name: 'restart',
  operands: 'UNIT...',
  summary: 'Instruct systemd to rolling restart one or more units in the cluster',
  flags: { blockAttempts },
  async run({ flags, args }, world) {
    const { io } = world;
    if (args.length === 0) {
      io.err(noUnitsGiven);
      return 0;
    }
    await using watch = watchCluster(world, args);
    let units: readonly ApiUnit[];
    try {
      units = await findUnits(world, args);
    } catch (cause) {
      return fail(io, cause);
    }
    try {
      await ensureCreated(world, watch, args, { replaceIn: [], attempts: flags.blockAttempts });
    } catch (cause) {
      return fail(io, cause, (why) => `Error creating units: ${why}`);
    }
    for (const unit of units) {
      const code = isGlobal(unit.options)
        ? await restartEverywhere(world, unit)
        : await restartOne(world, watch, unit, flags.blockAttempts);
      if (code !== 0) return code;
    }
    return 0;
  },
});

async function restartOne(world: World, watch: Watch, { name, current }: ApiUnit, attempts: number): Promise<number> {
  const { io, log } = world;
  if (current === 'inactive') {
    io.err(`Unable to restart unit ${name} in state inactive`);
    return 0;
  }
  if (current === 'loaded') log.info(`Unit(${name}) already loaded, starting.`);
  const steps: readonly TargetState[] = current === 'loaded' ? ['launched'] : ['loaded', 'launched'];
  for (const state of steps) {
    try {
      await world.fleet.setTarget(name, state);
    } catch (cause) {
      return fail(io, cause, (why) => `Error setting target state for unit ${name}: ${why}`);
    }
    try {
      await waitForState(world, watch, [name], state, attempts);
    } catch (cause) {
      return fail(io, cause, (why) => `Error waiting for unit states, exit status: ${why}`);
    }
  }
  if (current !== 'loaded') log.info(`Unit(${name}) was restarted.`);
  return 0;
}

/** No agent restarts a global unit by being asked for states, so systemd is asked on every machine that runs it. */
async function restartEverywhere(world: World, { name }: ApiUnit): Promise<number> {
  try {
    for (const { machine } of await world.fleet.states(name)) {
      const code = await runCommand(world, machine, ['systemctl', 'restart', name], 22);
      if (code !== 0) return code;
    }
    return 0;
  } catch (cause) {
    return fail(world.io, cause, (why) => `Error waiting for unit states, exit status: ${why}`);
  }
}
