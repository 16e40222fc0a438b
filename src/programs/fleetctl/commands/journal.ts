import type { ApiUnit } from '../../../core/api/entities.ts';
import { text, whole, yesNo } from '../../../core/base/settings.ts';
import { isGlobal, mangle, type UnitName } from '../../../core/unit/index.ts';
import { command } from '../command.ts';
import { fail, refuse } from '../failing.ts';
import { runCommand } from '../run-command.ts';
import { sshPort } from '../ssh-flags.ts';

export const journal = command({
  name: 'journal',
  operands: 'UNIT',
  summary: 'Print the journal of a unit in the cluster to stdout',
  flags: {
    lines: whole(10, 'How many of the newest lines to print.'),
    follow: yesNo(false, 'Go on with new lines as they come.'),
    sudo: yesNo(false, 'Run journalctl as root.'),
    output: text('short', 'How journalctl prints: short, cat, json and others of its modes.', {
      words: 'short short-iso short-precise short-full verbose export json json-pretty cat with-unit'.split(' '),
    }),
    sshPort,
  },
  shorts: { f: 'follow', n: 'lines', o: 'output' },
  async run({ flags, args }, world) {
    const { io, fleet } = world;
    const [arg, ...more] = args;
    if (arg === undefined || more.length > 0) return refuse(io, 'One unit file must be provided.');
    const name = mangle(arg) as UnitName;
    let unit: ApiUnit | undefined;
    try {
      unit = await fleet.unit(name);
    } catch (cause) {
      return fail(io, cause, (why) => `Error retrieving unit ${name}: ${why}`);
    }
    if (unit === undefined) return refuse(io, `Unit ${name} does not exist.`);
    if (isGlobal(unit.options)) return refuse(io, `Unable to retrieve journal of global unit ${name}.`);
    if ((unit.current ?? 'inactive') === 'inactive') {
      return refuse(io, `Unit ${name} does not appear to be running.`);
    }
    const { lines, follow, sudo, output } = flags;
    const journalctl = ['journalctl', '--unit', name, '--no-pager', '-n', String(lines), '--output', output];
    const words = [...(sudo ? ['sudo'] : []), ...journalctl, ...(follow ? ['-f'] : [])];
    return runCommand(world, unit.machine, words, flags.sshPort);
  },
});
