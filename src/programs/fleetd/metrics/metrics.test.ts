import { describe, expect, it } from 'vitest';
import { paths } from '../../../core/api/paths.ts';
import { seconds } from '../../../core/base/time.ts';
import type { MachineId } from '../../../core/machine/types.ts';
import { unitName } from '../../../core/unit/index.ts';
import { agentTtl, call, type Daemon, isActive, submit, TestCluster, unitOn } from '../fixtures.ts';

const sleeper = '[Service]\nExecStart=/bin/sleep infinity\n';

/** Every sample that a daemon tells, by its name with labels. */
async function told({ api }: Daemon): Promise<Readonly<Record<string, number>>> {
  const text = await (await call(api, 'GET', paths.metrics)).text();
  const samples = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

const one = async (daemon: Daemon, name: string) => (await told(daemon))[name];

describe('/metrics', () => {
  it('tells the nine that fleet documents from the start, with their types and labels', async () => {
    await using cluster = new TestCluster();
    const response = await call(cluster.start('m1').api, 'GET', '/metrics');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const text = await response.text();
    for (const line of [
      '# TYPE fleet_engine_leader_start_time gauge',
      '# TYPE fleet_engine_task_count_total counter',
      'fleet_engine_task_count_total{type="unscheduleunit"} 0',
      'fleet_engine_task_count_total{type="attemptscheduleunit"} 0',
      '# TYPE fleet_engine_task_failure_count_total counter',
      'fleet_engine_task_failure_count_total{type="unscheduleunit"} 0',
      'fleet_engine_task_failure_count_total{type="attemptscheduleunit"} 0',
      '# TYPE fleet_engine_reconcile_count_total counter',
      '# TYPE fleet_engine_reconcile_failure_count_total counter',
      'fleet_engine_reconcile_failure_count_total{type="machine_away"} 0',
      'fleet_engine_reconcile_failure_count_total{type="run"} 0',
      'fleet_engine_reconcile_failure_count_total{type="schedule"} 0',
      '# TYPE fleet_engine_reconcile_duration_second histogram',
      '# TYPE fleet_registry_operation_count_total counter',
      'fleet_registry_operation_count_total{type="get_all"} 0',
      '# TYPE fleet_registry_operation_failed_count_total counter',
      'fleet_registry_operation_failed_count_total{type="get"} 0',
      'fleet_registry_operation_failed_count_total{type="set"} 0',
      '# TYPE fleet_registry_operation_duration_second histogram',
      'fleet_registry_operation_duration_second_count{ops="get_all"} 0',
      '# TYPE process_cpu_seconds_total counter',
      '# TYPE process_resident_memory_bytes gauge',
      '# TYPE process_start_time_seconds gauge',
      '# TYPE process_open_fds gauge',
    ])
      expect(text.split('\n')).toContain(line);
  });

  it('is no resource below the prefixes, and takes GET and HEAD', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m1');
    const statuses = [];
    for (const [method, path] of [
      ['HEAD', '/metrics'],
      ['POST', '/metrics'],
      ['GET', '/metrics/'],
      ['GET', '/fleet/v1/metrics'],
    ] as const)
      statuses.push((await call(api, method, path)).status);
    expect(statuses).toEqual([200, 405, 404, 404]);
  });
});

describe('the engine counts', () => {
  const started = async (cluster: TestCluster, id: string, metadata: Readonly<Record<string, string>> = {}) => {
    const daemon = cluster.start(id, { staticMetadata: metadata });
    await cluster.until(async () => (await daemon.registry.read()).machines.some((machine) => machine.id === id));
    return daemon;
  };

  it('when it took the lead, not the sum of all times, and nothing while another leads', async () => {
    await using cluster = new TestCluster();
    const first = await started(cluster, 'm1');
    const second = await started(cluster, 'm2');
    const now = () => cluster.clock.date().getTime() / 1_000;
    expect(await one(first, 'fleet_engine_leader_start_time')).toBe(now());
    expect(await one(second, 'fleet_engine_leader_start_time')).toBe(0);
    await cluster.pass(seconds(100));
    first.crash();
    await cluster.pass(seconds(100));
    await submit(second.api, 'a.service', sleeper);
    await cluster.until(() => isActive(second.api, 'a.service'));
    const since = (await one(second, 'fleet_engine_leader_start_time')) ?? 0;
    expect(since).toBeGreaterThan(now() - 101);
    expect(since).toBeLessThanOrEqual(now());
  });

  it('nothing as its start once another has taken the lead', async () => {
    await using cluster = new TestCluster();
    const first = await started(cluster, 'm1');
    await started(cluster, 'm2');
    expect(await one(first, 'fleet_engine_leader_start_time')).toBeGreaterThan(0);
    first.registry.line.cut();
    await cluster.pass(seconds(30));
    first.registry.line.mend();
    await cluster.pass(seconds(5));
    expect(await one(first, 'fleet_engine_leader_start_time')).toBe(0);
  });

  it('one pass for one change, with its duration', async () => {
    await using cluster = new TestCluster();
    const daemon = await started(cluster, 'm1');
    await submit(daemon.api, 'a.service', sleeper);
    await cluster.until(() => isActive(daemon.api, 'a.service'));
    const before = await told(daemon);
    await submit(daemon.api, 'b.service', sleeper, 'inactive');
    await cluster.until(async () => (await unitOn(daemon.api, 'b.service')) !== undefined);
    const after = await told(daemon);
    const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect(grown('fleet_engine_reconcile_count_total')).toBe(1);
    expect(grown('fleet_engine_reconcile_duration_second_count')).toBe(1);
    // A healthy unit is no failure, as it is with fleet.
    expect(grown('fleet_engine_reconcile_failure_count_total{type="schedule"}')).toBe(0);
  });

  it('what it schedules and takes away, and no trouble when nobody wants the unit any more', async () => {
    await using cluster = new TestCluster();
    const daemon = await started(cluster, 'm1');
    await submit(daemon.api, 'a.service', sleeper);
    await cluster.until(() => isActive(daemon.api, 'a.service'));
    await submit(daemon.api, 'a.service', sleeper, 'inactive');
    await cluster.until(async () => (await unitOn(daemon.api, 'a.service'))?.machine === undefined);
    const samples = await told(daemon);
    expect(samples).toMatchObject({
      'fleet_engine_task_count_total{type="attemptscheduleunit"}': 1,
      'fleet_engine_task_count_total{type="unscheduleunit"}': 1,
      'fleet_engine_task_failure_count_total{type="attemptscheduleunit"}': 0,
      'fleet_engine_task_failure_count_total{type="unscheduleunit"}': 0,
      'fleet_engine_reconcile_failure_count_total{type="machine_away"}': 0,
      'fleet_engine_reconcile_failure_count_total{type="run"}': 0,
      'fleet_engine_reconcile_failure_count_total{type="schedule"}': 0,
    });
  });

  it('units whose machine went away, that their machine may not run any more, and that nobody takes', async () => {
    await using cluster = new TestCluster();
    const daemon = await started(cluster, 'm1');
    const other = await started(cluster, 'm2', { disk: 'ssd' });
    await submit(daemon.api, 'a.service', `${sleeper}[X-Fleet]\nMachineMetadata=disk=ssd\n`);
    await cluster.until(() => isActive(daemon.api, 'a.service', 'm2'));
    await daemon.registry.setMetadata('m2' as MachineId, 'disk', 'hdd');
    await cluster.until(async () => (await unitOn(daemon.api, 'a.service'))?.machine === undefined);
    expect(await told(daemon)).toMatchObject({
      'fleet_engine_reconcile_failure_count_total{type="run"}': 1,
      'fleet_engine_reconcile_failure_count_total{type="machine_away"}': 0,
      fleet_engine_held_unit_count: 1,
    });
    expect(await one(daemon, 'fleet_engine_reconcile_failure_count_total{type="schedule"}')).toBeGreaterThan(0);

    await daemon.registry.setMetadata('m2' as MachineId, 'disk', 'ssd');
    await cluster.until(() => isActive(daemon.api, 'a.service', 'm2'));
    expect(await one(daemon, 'fleet_engine_held_unit_count')).toBe(0);
    other.crash();
    await cluster.pass(seconds(2 * (agentTtl / 1_000)));
    await cluster.until(async () => (await unitOn(daemon.api, 'a.service'))?.machine === undefined);
    expect(await one(daemon, 'fleet_engine_reconcile_failure_count_total{type="machine_away"}')).toBe(1);
  });
});

describe('the rest of a daemon counts', () => {
  it('reads of one unit, of the cluster, and writes, each with its duration, and those that failed', async () => {
    await using cluster = new TestCluster();
    const daemon = cluster.start('m1');
    await call(daemon.api, 'GET', paths.discovery);
    const before = await told(daemon);
    const { registry } = daemon;
    await registry.read();
    await registry.unit(unitName('a.service'));
    await registry.status(unitName('a.service'));
    await registry.removeUnit(unitName('a.service'));
    registry.line.cut();
    await expect(registry.status(unitName('a.service'))).rejects.toThrow();
    const after = await told(daemon);
    const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect(grown('fleet_registry_operation_count_total{type="get_all"}')).toBe(1);
    expect(grown('fleet_registry_operation_count_total{type="get"}')).toBe(3);
    expect(grown('fleet_registry_operation_count_total{type="set"}')).toBe(1);
    expect(grown('fleet_registry_operation_failed_count_total{type="get"}')).toBe(1);
    expect(grown('fleet_registry_operation_duration_second_count{ops="get"}')).toBe(3);
  });

  it('the tasks of its agent, and its units by state', async () => {
    await using cluster = new TestCluster();
    const daemon = cluster.start('m1');
    await submit(daemon.api, 'a.service', sleeper);
    await cluster.until(() => isActive(daemon.api, 'a.service'));
    expect(await told(daemon)).toMatchObject({
      'fleet_agent_task_count_total{type="loadunit"}': 1,
      'fleet_agent_task_count_total{type="startunit"}': 1,
      'fleet_agent_task_count_total{type="stopunit"}': 0,
      'fleet_agent_task_failure_count_total{type="startunit"}': 0,
      'fleet_agent_unit_count{active="active"}': 1,
      'fleet_agent_unit_count{active="failed"}': 0,
    });
  });

  it('leases that it took and lost', async () => {
    await using cluster = new TestCluster();
    const daemon = cluster.start('m1');
    await call(daemon.api, 'GET', paths.units);
    await cluster.pass(seconds(1));
    expect(await told(daemon)).toMatchObject({
      'fleet_lease_acquired_count_total{lease="presence"}': 1,
      'fleet_lease_acquired_count_total{lease="leadership"}': 1,
      'fleet_lease_lost_count_total{lease="presence"}': 0,
    });
    daemon.registry.line.cut();
    await cluster.pass(seconds(20));
    daemon.registry.line.mend();
    await cluster.pass(seconds(5));
    expect(await told(daemon)).toMatchObject({
      'fleet_lease_acquired_count_total{lease="presence"}': 2,
      'fleet_lease_lost_count_total{lease="presence"}': 1,
    });
  });

  it('requests by resource and status, whatever paths and methods clients make up', async () => {
    await using cluster = new TestCluster();
    const daemon = cluster.start('m1');
    for (const path of ['/fleet/v1/units', '/fleet/v1/units/x.service', '/made/up', '/made/up/2'])
      await call(daemon.api, 'GET', path);
    await call(daemon.api, 'DELETE', '/fleet/v1/units');
    const samples = await told(daemon);
    expect(samples).toMatchObject({
      'fleet_api_request_count_total{resource="units",code="200"}': 1,
      'fleet_api_request_count_total{resource="units",code="405"}': 1,
      'fleet_api_request_count_total{resource="unit",code="404"}': 1,
      'fleet_api_request_count_total{resource="none",code="404"}': 2,
      'fleet_api_request_duration_second_count{resource="units"}': 2,
    });
  });
});
