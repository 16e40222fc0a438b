import { expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { agentTtl, call, type Daemon, isActive, machinesOn, statesOn, submit, TestCluster } from './fixtures.ts';

const sleeper = '[Service]\nExecStart=/bin/sleep infinity\n';
const everywhere = `${sleeper}\n[X-Fleet]\nGlobal=true\n`;

const running = async (cluster: TestCluster, changes: Parameters<TestCluster['start']>[1] = {}) => {
  const daemon = cluster.start('m1', changes);
  await submit(daemon.api, 'web.service', sleeper);
  await cluster.until(() => isActive(daemon.api, 'web.service'));
  cluster.systemd('m1').orders.splice(0);
  return daemon;
};
const reload = (daemon: Daemon, changes: Partial<Daemon['config']>) => {
  daemon.config = { ...daemon.config, ...changes };
  daemon.server.reload();
};

it('announces what is new about the machine and touches no unit', async () => {
  await using cluster = new TestCluster();
  const daemon = await running(cluster, { staticMetadata: { disk: 'hdd' } });
  await submit(daemon.api, 'db.service', `${everywhere}MachineMetadata=disk=ssd\n`);
  reload(daemon, { staticMetadata: { disk: 'ssd' }, publicIp: '192.0.2.1' });
  await cluster.until(() => isActive(daemon.api, 'db.service'));
  expect(await machinesOn(daemon.api)).toEqual([{ id: 'm1', metadata: { disk: 'ssd' }, publicIp: '192.0.2.1' }]);
  expect(cluster.systemd('m1').orders).toEqual(['load db.service', 'start db.service']);
});

it('a new agent_ttl counts at once, and nobody sees the machine or its units leave', async () => {
  await using cluster = new TestCluster();
  const { api } = cluster.start('m2');
  const daemon = await running(cluster);
  const seen: boolean[] = [];
  const gone: string[] = [];
  const { store } = cluster;
  const revoke = store.revoke.bind(store);
  store.revoke = (id) => {
    gone.push(...(store.lease(id)?.keys ?? []));
    revoke(id);
  };
  const stop = new AbortController();
  const watching = (async () => {
    for await (const _change of daemon.registry.changes(stop.signal)) {
      const [machines, states] = [await machinesOn(api), await statesOn(api)];
      seen.push(
        machines.length === 2 && states.some(({ unit, active }) => unit === 'web.service' && active === 'active'),
      );
    }
  })();
  reload(daemon, { agentTtl: seconds(21) });
  await cluster.pass(seconds(1));
  const leads = daemon.log.events.filter(({ event }) => event === 'Engine leadership acquired');
  expect(leads.length).toBeLessThanOrEqual(2);
  expect((await call(daemon.api, 'GET', '/fleet/v1/machines')).status).toBe(200);
  stop.abort();
  await watching;
  expect(seen.length).toBeGreaterThan(0);
  expect(seen).not.toContain(false);
  expect(gone.filter((key) => !key.includes('/engine/'))).toEqual([]);
  expect(cluster.systemd('m1').orders).toEqual([]);
  const home = (await statesOn(api)).find(({ unit }) => unit === 'web.service')?.machine;
  expect(home).toBe('m1');

  daemon.registry.line.cut();
  await cluster.pass(ms(seconds(20) - 1));
  expect(await machinesOn(api)).toHaveLength(2);
  await cluster.pass(ms(2));
  expect(await machinesOn(api)).toHaveLength(1);
});

it('a shorter agent_ttl while the registry is out of reach counts as soon as it is back', async () => {
  await using cluster = new TestCluster();
  const daemon = await running(cluster, { agentTtl: seconds(61) });
  daemon.registry.line.cut();
  reload(daemon, { agentTtl });
  await cluster.pass(seconds(5));
  daemon.registry.line.mend();
  await cluster.pass(seconds(5));
  await cluster.until(() => isActive(daemon.api, 'web.service'));
  expect(cluster.systemd('m1').orders).toEqual([]);
  const { api } = cluster.start('m2');
  await cluster.until(async () => (await call(api, 'GET', '/fleet/v1/machines')).status === 200);
  daemon.crash();
  await cluster.pass(agentTtl);
  await cluster.until(() => isActive(api, 'web.service', 'm2'));
});

it('an engine that is switched off resigns at once, and leads again when it is switched on', async () => {
  await using cluster = new TestCluster();
  const first = await running(cluster);
  const second = cluster.start('m2');
  const acquired = ({ log }: Daemon) => log.events.filter(({ event }) => event === 'Engine leadership acquired').length;
  await cluster.until(async () => (await machinesOn(second.api)).length === 2);
  reload(first, { disableEngine: true });
  await cluster.pass(ms(1));
  expect([acquired(first), acquired(second)]).toEqual([1, 1]);
  reload(first, { disableEngine: false });
  await cluster.pass(ms(1));
  await second.end('leave');
  await cluster.pass(ms(1));
  expect([acquired(first), acquired(second)]).toEqual([2, 1]);
});

it('a new interval of the engine counts at once', async () => {
  await using cluster = new TestCluster();
  const first = await running(cluster, { agentTtl: seconds(61), engineReconcileInterval: seconds(2) });
  cluster.start('m2', { agentTtl: seconds(61) });
  reload(first, { engineReconcileInterval: seconds(4) });
  await cluster.pass(ms(1));
  const acquired = first.log.events.filter(({ event }) => event === 'Engine leadership acquired');
  const followed = first.log.events.filter(({ event }) => event.startsWith('Engine leader'));
  expect(acquired.length + followed.length).toBeGreaterThan(1);
});

it('nothing new in the configuration changes nothing', async () => {
  await using cluster = new TestCluster();
  const daemon = await running(cluster);
  const said = () => daemon.log.events.filter(({ level }) => level !== 'debug');
  const before = said();
  const { revision } = cluster.store;
  reload(daemon, {});
  await cluster.pass(seconds(1));
  expect(said()).toEqual(before);
  expect(cluster.store.revision).toBe(revision);
});
