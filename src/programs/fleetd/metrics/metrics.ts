/** What fleetd counts: the nine metrics that fleet documents, and ours. @see fleet.md 6.8 */
import { counter, gauge, histogram, secondsBounds } from '../../../core/metrics/metrics.ts';

export type FleetMetrics = ReturnType<typeof fleetMetrics>;

/** One set per daemon, handed to everybody who has something to count. */
export function fleetMetrics() {
  const metrics = {
    leaderStart: gauge(
      'fleet_engine_leader_start_time',
      'When this engine took the lead, in seconds since 1970; 0 while it does not lead.',
    ),
    engineTasks: counter('fleet_engine_task_count_total', 'Tasks that the engine attempted.', ['type']),
    engineTaskFailures: counter(
      'fleet_engine_task_failure_count_total',
      'Tasks of the engine that did not take effect.',
      ['type'],
    ),
    passes: counter('fleet_engine_reconcile_count_total', 'Passes of the engine over the whole cluster.'),
    passFailures: counter(
      'fleet_engine_reconcile_failure_count_total',
      'Units that a pass found on a machine that is away, on one that may not run them, or that it could not schedule.',
      ['type'],
    ),
    passDuration: histogram(
      'fleet_engine_reconcile_duration_second',
      'How long a pass of the engine took, its writes included.',
      secondsBounds,
    ),
    heldUnits: gauge(
      'fleet_engine_held_unit_count',
      'Units that no machine could take at the last pass; 0 while this engine does not lead.',
    ),
    operations: counter('fleet_registry_operation_count_total', 'Operations on the registry.', ['type']),
    operationFailures: counter(
      'fleet_registry_operation_failed_count_total',
      'Operations on the registry that failed.',
      ['type'],
    ),
    operationDuration: histogram(
      'fleet_registry_operation_duration_second',
      'How long an operation on the registry took.',
      secondsBounds,
      ['ops'],
    ),
    agentTasks: counter('fleet_agent_task_count_total', 'Tasks that the agent attempted.', ['type']),
    agentTaskFailures: counter('fleet_agent_task_failure_count_total', 'Tasks of the agent that failed.', ['type']),
    leases: counter('fleet_lease_acquired_count_total', 'Leases that this machine took.', ['lease']),
    leasesLost: counter('fleet_lease_lost_count_total', 'Leases that ran out or were taken from this machine.', [
      'lease',
    ]),
    requests: counter('fleet_api_request_count_total', 'Requests to the API that were answered.', ['resource', 'code']),
    requestDuration: histogram(
      'fleet_api_request_duration_second',
      'How long requests to the API took to answer; a stream of changes until it began.',
      secondsBounds,
      ['resource'],
    ),
  };
  // Known from the start, so that their rates are, too.
  for (const type of ['unscheduleunit', 'attemptscheduleunit'])
    for (const family of [metrics.engineTasks, metrics.engineTaskFailures]) family.with(type);
  for (const type of ['machine_away', 'run', 'schedule']) metrics.passFailures.with(type);
  for (const type of ['get', 'set', 'get_all']) {
    for (const family of [metrics.operations, metrics.operationFailures]) family.with(type);
    metrics.operationDuration.with(type);
  }
  for (const lease of ['presence', 'leadership'])
    for (const family of [metrics.leases, metrics.leasesLost]) family.with(lease);
  return metrics;
}
