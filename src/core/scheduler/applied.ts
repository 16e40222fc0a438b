/** What a cluster becomes when the registry takes decisions. */
import type { Cluster, Placement } from '../cluster/types.ts';
import type { Decision } from './types.ts';

/** The cluster with every placement that the decisions give, change or take away; holds change nothing. */
export function applied(cluster: Cluster, decisions: readonly Decision[]): Cluster {
  const placements = new Map<string, Placement>(
    cluster.placements.map((placement) => [`${placement.machine}/${placement.unit}`, placement]),
  );
  for (const decision of decisions) {
    if (decision.kind === 'unschedule') placements.delete(`${decision.from}/${decision.unit}`);
    if (decision.kind !== 'schedule' && decision.kind !== 'instruct') continue;
    const { unit, on: machine, hash, target } = decision;
    placements.set(`${machine}/${unit}`, { unit, machine, hash, target });
  }
  return { ...cluster, placements: [...placements.values()] };
}
