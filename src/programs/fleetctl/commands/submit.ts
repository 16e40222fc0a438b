import { noUnitsGiven, replace, sign } from '../block-flags.ts';
import { command } from '../command.ts';
import { ensureCreated } from '../ensure-created.ts';
import { fail } from '../failing.ts';
import { watchCluster } from '../watch.ts';

export const submit = command({
  name: 'submit',
  operands: 'UNIT...',
  summary: 'Upload one or more units to the cluster without starting them',
  flags: { replace, sign },
  hidden: ['sign'],
  async run({ flags, args }, world) {
    if (args.length === 0) {
      world.io.err(noUnitsGiven);
      return 0;
    }
    await using watch = watchCluster(world, args);
    try {
      await ensureCreated(world, watch, args, { replaceIn: flags.replace ? ['inactive'] : [], attempts: 0 });
      return 0;
    } catch (cause) {
      return fail(world.io, cause, (why) => `Error creating units: ${why}`);
    }
  },
});
