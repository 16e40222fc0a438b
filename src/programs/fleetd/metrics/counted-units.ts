/** What an agent does to its machine's units, and what becomes of them, counted. */
import type { Family } from '../../../core/metrics/metrics.ts';
import type { Clock } from '../../../ports/clock/index.ts';
import type { UnitManager } from '../../../ports/unit-manager/index.ts';
import { counted, type Outcome } from './counted.ts';
import type { FleetMetrics } from './metrics.ts';

export function countedUnits<U extends UnitManager>(units: U, clock: Clock, metrics: FleetMetrics): U {
  const as = (type: string) => {
    for (const family of [metrics.agentTasks, metrics.agentTaskFailures]) family.with(type);
    return {
      ended: ({ failed }: Outcome) => {
        metrics.agentTasks.with(type).add();
        if (failed) metrics.agentTaskFailures.with(type).add();
      },
    };
  };
  return counted<UnitManager>(units, clock, {
    load: as('loadunit'),
    unload: as('unloadunit'),
    start: as('startunit'),
    stop: as('stopunit'),
    kill: as('killunit'),
    reload: as('reloadunitfiles'),
  }) as U;
}

/** systemd's words for what a unit is doing; those that no unit is in are told, too. */
const activeStates = ['active', 'activating', 'deactivating', 'failed', 'inactive', 'reloading'];

/** How many of the machine's units are in which active state of systemd, when asked. */
export const unitsByState = (units: Pick<UnitManager, 'units'>): Family => ({
  name: 'fleet_agent_unit_count',
  help: 'Units on this machine by what systemd says about them.',
  type: 'gauge',
  samples() {
    const counts = new Map(activeStates.map((state) => [state, 0]));
    for (const { active } of units.units()) counts.set(active, (counts.get(active) ?? 0) + 1);
    return [...counts].map(([active, value]) => ({ suffix: '', labels: [['active', active] as const], value }));
  },
});
