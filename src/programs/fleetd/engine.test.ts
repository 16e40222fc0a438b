import { expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import type { Leadership, Registry } from '../../ports/registry/index.ts';
import { runEngine } from './engine.ts';
import { type Daemon, isActive, machinesOn, submit, TestCluster, unitOn } from './fixtures.ts';
import { fleetMetrics } from './metrics/metrics.ts';

const sleeper = '[Service]\nExecStart=/bin/sleep infinity\n';
const said = ({ log }: Daemon, about: RegExp) =>
  log.events.map(({ event }) => event).filter((event) => about.test(event));

it('says who leads in the words of fleet', async () => {
  await using cluster = new TestCluster();
  const first = cluster.start('m1');
  await cluster.pass(ms(1));
  const second = cluster.start('m2');
  await cluster.pass(ms(1));
  const third = cluster.start('m3');
  await cluster.pass(ms(1));
  await first.end('leave');
  await cluster.pass(ms(1));
  const leads = /leader|engine version/;
  expect(said(first, leads)).toEqual(['Updated cluster engine version from 0 to 1', 'Engine leadership acquired']);
  const [winner, other] = said(second, leads).includes('Engine leadership acquired') ? ['m2', 'm3'] : ['m3', 'm2'];
  const [leading, following] = winner === 'm2' ? [second, third] : [third, second];
  expect([winner, other].sort()).toEqual(['m2', 'm3']);
  expect(said(leading, leads)).toEqual(['Engine leader is m1', 'Engine leadership acquired']);
  expect(said(following, leads)).toEqual(['Engine leader is m1', `Engine leadership changed from m1 to ${winner}`]);
});

it('says in the words of fleet that it lost the lead, and at length that it keeps it', async () => {
  await using cluster = new TestCluster();
  const daemon = cluster.start('m1', { agentTtl: seconds(61) });
  await cluster.pass(seconds(4));
  expect(daemon.log.events).toContainEqual({ level: 'debug', event: 'Engine leadership renewed', facts: {} });
  daemon.registry.line.cut();
  await cluster.pass(seconds(11));
  expect(said(daemon, /leadership lost/)).toEqual([
    'Engine leadership lost, renewal failed: machine m1 does not lead the cluster any more',
  ]);
});

it('tells each placement in the words of fleet', async () => {
  await using cluster = new TestCluster();
  const { api, log } = cluster.start('m1');
  await submit(api, 'web.service', sleeper);
  await cluster.until(() => isActive(api, 'web.service'));
  await submit(api, 'web.service', sleeper, 'inactive');
  await cluster.until(async () => cluster.systemd('m1').units.size === 0);
  expect(log.events.map(({ event }) => event).filter((event) => /cheduled|EngineReconciler/.test(event))).toEqual([
    'Scheduled Unit(web.service) to Machine(m1)',
    'EngineReconciler completed task: {Type: AttemptScheduleUnit, JobName: web.service, MachineID: m1, Reason: "target state launched and unit not scheduled"}',
    'Unscheduled Job(web.service) from Machine(m1)',
    'EngineReconciler completed task: {Type: UnscheduleUnit, JobName: web.service, MachineID: m1, Reason: "target state inactive"}',
  ]);
});

it('does not take part where a newer engine did, until it may', async () => {
  await using cluster = new TestCluster();
  const other = cluster.observer;
  await other.raiseEngineVersion(0, 2);
  const daemon = cluster.start('m1');
  await submit(daemon.api, 'web.service', sleeper);
  await cluster.pass(seconds(60));
  expect(said(daemon, /ngine/)).toEqual(['Cluster engine version 2 is newer than ours (1), not participating']);
  expect(await machinesOn(daemon.api)).toHaveLength(1);
  expect(cluster.systemd('m1').units.size).toBe(0);
  await other.raiseEngineVersion(2, 1);
  await cluster.pass(seconds(2));
  await cluster.until(() => isActive(daemon.api, 'web.service'));
});

it('takes the lead from an older engine, and gives it to a newer one', async () => {
  await using cluster = new TestCluster();
  const outcome = await cluster.observer.lead('old' as never, seconds(60), 0);
  const daemon = cluster.start('m1');
  await submit(daemon.api, 'web.service', sleeper);
  await cluster.until(() => isActive(daemon.api, 'web.service'));
  expect(outcome).toHaveProperty('lost');
  expect(said(daemon, /leader/)).toEqual(['Stole engine leadership from Machine(old)', 'Engine leadership acquired']);
  await cluster.observer.raiseEngineVersion(1, 2);
  await cluster.observer.lead('new' as never, seconds(60), 2);
  await submit(daemon.api, 'late.service', sleeper);
  await cluster.pass(seconds(10));
  expect(said(daemon, /lost|newer/)).toEqual([
    'Engine leadership lost, renewal failed: machine m1 does not lead the cluster any more',
    'Cluster engine version 2 is newer than ours (1), not participating',
  ]);
  expect(await isActive(daemon.api, 'late.service')).toBe(false);
});

it('without watches looks from time to time, as its agents do, and reaches the same', async () => {
  await using cluster = new TestCluster();
  const quiet = { disableWatches: true };
  const daemons = [cluster.start('m1', quiet), cluster.start('m2', quiet)] as const;
  const [{ api }] = daemons;
  await cluster.pass(seconds(5));
  await submit(api, 'web.service', sleeper);
  await submit(api, 'db.service', sleeper);
  await cluster.pass(ms(1));
  expect((await unitOn(api, 'web.service'))?.machine).toBeUndefined();
  await cluster.pass(seconds(7));
  expect(await isActive(api, 'web.service')).toBe(true);
  expect(await isActive(api, 'db.service')).toBe(true);
  await daemons[1].end('leave');
  await cluster.pass(seconds(9));
  expect(await isActive(api, 'db.service', 'm1')).toBe(true);
  expect(await isActive(api, 'web.service', 'm1')).toBe(true);
});

it('an agent without watches comes to its work from time to time', async () => {
  await using cluster = new TestCluster();
  const { api } = cluster.start('m1');
  cluster.start('m2', { disableWatches: true, disableEngine: true });
  await cluster.pass(seconds(1));
  await submit(api, 'web.service', `${sleeper}[X-Fleet]\nMachineID=m2\n`);
  await cluster.pass(seconds(3));
  expect(await unitOn(api, 'web.service')).toMatchObject({ machine: 'm2' });
  expect(cluster.systemd('m2').units.size).toBe(0);
  await cluster.pass(seconds(2));
  expect(await isActive(api, 'web.service', 'm2')).toBe(true);
});

it('says so when a pass takes longer than the time between two', async () => {
  await using cluster = new TestCluster();
  const { clock, observer } = cluster;
  const log = memoryLog();
  const registry: Registry = {
    ...observer,
    async lead(...args) {
      const leadership = (await observer.lead(...args)) as Leadership;
      const apply: Leadership['apply'] = async (decisions) => {
        await clock.sleep(seconds(3));
        return decisions;
      };
      return { ...leadership, apply };
    },
  };
  const stop = new AbortController();
  const options = { me: 'm1' as MachineId, term: seconds(10), interval: seconds(2), watch: true };
  const running = runEngine({ clock, log, registry, metrics: fleetMetrics() }, options, stop.signal);
  await cluster.pass(seconds(4));
  stop.abort();
  await running;
  expect(log.events.filter(({ level }) => level === 'warn').map(({ event }) => event)).toEqual([
    'Engine completed reconciliation in 3s',
  ]);
});
