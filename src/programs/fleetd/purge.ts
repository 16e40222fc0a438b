/** Leaving a machine as fleet leaves it: without any unit of ours. @see fleet.md 4.8 */
import { seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { UnitManager } from '../../ports/unit-manager/index.ts';

/** Unloads every unit, all at once, and again every second what did not go. */
export async function purge(clock: Clock, log: Log, units: UnitManager): Promise<void> {
  for (;;) {
    await Promise.all(
      units.units().map(async ({ name }) => {
        try {
          await units.unload(name);
          log.info('AgentReconciler completed task:', { type: 'UnloadUnit', job: name, reason: 'purging agent' });
        } catch (cause) {
          if (!(cause instanceof OperatingError)) throw cause;
          log.error('AgentReconciler task failed:', {
            type: 'UnloadUnit',
            job: name,
            reason: 'purging agent',
            err: cause,
          });
        }
      }),
    );
    if (units.units().length === 0) return;
    await clock.sleep(seconds(1));
  }
}
