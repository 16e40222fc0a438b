import type { ApiUnit } from '../../../core/api/entities.ts';
import { yesNo } from '../../../core/base/settings.ts';
import type { MachineId } from '../../../core/machine/types.ts';
import { isGlobal, mangle, type UnitName } from '../../../core/unit/index.ts';
import { command } from '../command.ts';
import { fail, refuse } from '../failing.ts';
import { runCommand } from '../run-command.ts';
import { sshPort } from '../ssh-flags.ts';
import type { World } from '../world.ts';

export const status = command({
  name: 'status',
  operands: 'UNIT...',
  summary: 'Output the status of one or more units in the cluster',
  // Scripts call it with a flag that it never had.
  flags: { sshPort, noBlock: yesNo(false, 'Ignored.') },
  hidden: ['no-block'],
  async run({ flags, args }, world) {
    const show = shower(world, flags.sshPort);
    const globals: ApiUnit[] = [];
    for (const arg of args) {
      const name = mangle(arg) as UnitName;
      const unit = await world.fleet.unit(name).catch((cause: unknown) => {
        fail(world.io, cause, (why) => `Error retrieving unit ${name}: ${why}`);
        return 'failed' as const;
      });
      if (unit === 'failed') return 1;
      if (unit === undefined) return refuse(world.io, `Unit ${name} does not exist.`);
      if (isGlobal(unit.options)) {
        globals.push(unit);
        continue;
      }
      if ((unit.current ?? 'inactive') === 'inactive') {
        return refuse(world.io, `Unit ${name} does not appear to be loaded.`);
      }
      const code = await show(name, unit.machine);
      if (code !== 0) return code;
    }
    return showGlobals(world, globals, show);
  },
});

type Show = (name: UnitName, machine: MachineId | undefined) => Promise<number>;

/** A blank line stands between any two. */
function shower(world: World, port: number): Show {
  let shown = 0;
  return (name, machine) => {
    if (shown++ > 0) world.io.out('');
    return runCommand(world, machine, ['systemctl', 'status', '-l', name], port);
  };
}

/** A global unit has no machine of its own: it is shown from every machine that reports it, whatever its state there. */
async function showGlobals({ io, fleet }: World, units: readonly ApiUnit[], show: Show): Promise<number> {
  try {
    for (const { name } of units) {
      for (const { machine } of await fleet.states(name)) await show(name, machine);
    }
    return 0;
  } catch (cause) {
    return fail(io, cause);
  }
}
