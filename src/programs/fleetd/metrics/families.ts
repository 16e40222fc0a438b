/** Everything that `/metrics` of a fleetd tells. */
import type { Family } from '../../../core/metrics/metrics.ts';
import { type ProcessFacts, processMetrics } from '../../../core/metrics/process.ts';
import type { UnitManager } from '../../../ports/unit-manager/index.ts';
import { unitsByState } from './counted-units.ts';
import type { FleetMetrics } from './metrics.ts';

export interface ToldWorld {
  readonly units: Pick<UnitManager, 'units'>;
  readonly metrics: FleetMetrics;
  /** What this very process costs. */
  readonly process: () => ProcessFacts;
}

/** Fleet's own first. */
export const families = ({ units, metrics, process }: ToldWorld): readonly Family[] => [
  ...Object.values(metrics),
  unitsByState(units),
  ...processMetrics(process),
];
