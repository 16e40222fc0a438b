/** The engine's decisions about one snapshot. */
import type { Cluster } from '../cluster/types.ts';
import { Scheduler } from './scheduler.ts';
import type { Decision } from './types.ts';

/**
 * What must change in the cluster: placements to take away, to give and to update, and for every unit that no machine
 * may run, why. The same snapshot gives the same decisions, in the same order; deciding again after they are applied
 * gives nothing but the same holds.
 *
 * @see fleet.md section 3
 */
export const decide = (cluster: Cluster): readonly Decision[] => new Scheduler().decide(cluster);
