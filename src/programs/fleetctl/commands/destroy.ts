import type { ApiUnit } from '../../../core/api/entities.ts';
import { StateTimedOut } from '../../../core/errors/fleetctl.ts';
import { atOnce } from '../../../ports/fleet-api/at-once.ts';
import { blockAttempts, noBlock, noUnitsGiven } from '../block-flags.ts';
import { command } from '../command.ts';
import { fail } from '../failing.ts';
import { findUnits } from '../find-units.ts';
import { patience } from '../wait.ts';
import { watchCluster } from '../watch.ts';

/** fleet waits only when it is told not to; here it is the other way round. @see fleet.md 7.5 */
export const destroy = command({
  name: 'destroy',
  operands: 'UNIT...',
  summary: 'Destroy one or more units in the cluster',
  flags: { blockAttempts, noBlock },
  async run({ flags, args }, world) {
    const { io, fleet } = world;
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
    if (units.length === 0) io.err('Units not found in registry');
    const remove = async ({ name }: ApiUnit): Promise<void> => {
      await fleet.removeUnit(name);
      if (flags.noBlock) return;
      const gone = await watch.until(
        async (view) => ((await view.unit(name)) === undefined ? true : undefined),
        patience(flags.blockAttempts),
      );
      if (gone === undefined) throw new StateTimedOut({ unit: name, state: 'destroyed' });
    };
    const failures = await atOnce(units, (unit) =>
      remove(unit).then(
        () => undefined,
        (cause: unknown) => ({ cause }),
      ),
    );
    let code = 0;
    for (const [index, failure] of failures.entries()) {
      if (failure === undefined) io.out(`Destroyed ${units[index]?.name}`);
      else code = fail(io, failure.cause, (why) => `Error destroying units: ${why}`);
    }
    return code;
  },
});
