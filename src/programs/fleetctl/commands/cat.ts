import { mangle, printUnitFile, type UnitName } from '../../../core/unit/index.ts';
import { command, noFlags } from '../command.ts';
import { fail, refuse } from '../failing.ts';

export const cat = command({
  name: 'cat',
  operands: 'UNIT',
  summary: 'Output the contents of a submitted unit',
  flags: noFlags,
  async run({ args }, { io, fleet }) {
    const [arg, ...more] = args;
    if (arg === undefined || more.length > 0) return refuse(io, 'One unit file must be provided');
    const name = mangle(arg) as UnitName;
    try {
      const unit = await fleet.unit(name);
      if (unit === undefined) return refuse(io, `Unit ${name} not found`);
      io.stdout.write(printUnitFile(unit.options));
      return 0;
    } catch (cause) {
      return fail(io, cause, (why) => `Error retrieving Unit ${name}: ${why}`);
    }
  },
});
