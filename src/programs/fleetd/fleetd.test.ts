import { describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { agentTtl, call, isActive, machinesOn, statesOn, submit, TestCluster, unitOn } from './fixtures.ts';

const sleeper = '[Service]\nExecStart=/bin/sleep infinity\n';
const other = '[Service]\nExecStart=/usr/bin/tail -f /dev/null\n';
const slowToStop = '[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sleep 30\n';
const everywhere = `${sleeper}\n[X-Fleet]\nGlobal=true\n`;

describe('a cluster of fleetds', () => {
  it('places a submitted unit, starts it and says so', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m1');
    expect(await submit(api, 'web.service', sleeper)).toBe(201);
    await cluster.until(() => isActive(api, 'web.service'));
    expect(await unitOn(api, 'web.service')).toMatchObject({ current: 'launched', desired: 'launched', machine: 'm1' });
    expect(await statesOn(api)).toMatchObject([{ unit: 'web.service', machine: 'm1', load: 'loaded', sub: 'running' }]);
  });

  it('needs no tick of the clock from a command to a running unit', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m1');
    await submit(api, 'web.service', sleeper);
    await cluster.until(() => isActive(api, 'web.service'));
    expect(cluster.clock.now()).toBe(0);
  });

  it('carries a unit through its states and takes it away without a trace', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m1');
    const current = async () => (await unitOn(api, 'web.service'))?.current;
    await submit(api, 'web.service', sleeper, 'inactive');
    expect(await current()).toBe('inactive');
    for (const state of ['loaded', 'launched', 'loaded', 'inactive']) {
      await call(api, 'PUT', '/fleet/v1/units/web.service', { desiredState: state });
      await cluster.until(async () => (await current()) === state);
    }
    expect(await statesOn(api)).toEqual([]);
    expect(cluster.systemd('m1').units.size).toBe(0);
    await submit(api, 'web.service', sleeper);
    await cluster.until(() => isActive(api, 'web.service'));
    expect((await call(api, 'DELETE', '/fleet/v1/units/web.service')).status).toBe(204);
    await cluster.until(async () => cluster.systemd('m1').units.size === 0 && (await statesOn(api)).length === 0);
    expect(await unitOn(api, 'web.service')).toBeUndefined();
  });

  it('runs a global unit on every machine, also on one that joins later', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m1');
    await submit(api, 'dns.service', everywhere);
    await cluster.until(() => isActive(api, 'dns.service', 'm1'));
    cluster.start('m2');
    await cluster.until(() => isActive(api, 'dns.service', 'm2'));
  });

  it('follows metadata that is set at run time', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m1', { staticMetadata: { disk: 'hdd' } });
    await submit(api, 'db.service', `${everywhere}MachineMetadata=disk=ssd\n`);
    const patch = (op: string) =>
      call(api, 'PATCH', '/fleet/v1/machines', [{ op, path: '/m1/metadata/disk', value: 'ssd' }] as object);
    expect((await patch('replace')).status).toBe(204);
    await cluster.until(() => isActive(api, 'db.service', 'm1'));
    await patch('remove');
    await cluster.until(async () => (await statesOn(api)).length === 0);
  });

  it('moves a unit when its machine is lost, within the lease', async () => {
    await using cluster = new TestCluster();
    const survivor = cluster.start('m1');
    await submit(survivor.api, 'first.service', sleeper);
    await cluster.until(() => isActive(survivor.api, 'first.service', 'm1'));
    const lost = cluster.start('m2');
    await submit(survivor.api, 'web.service', sleeper);
    await cluster.until(() => isActive(survivor.api, 'web.service', 'm2'));
    lost.crash();
    await cluster.pass(agentTtl);
    await cluster.until(() => isActive(survivor.api, 'web.service', 'm1'));
    expect((await statesOn(survivor.api)).map(({ machine }) => machine)).toEqual(['m1', 'm1']);
  });

  it('says why a unit runs nowhere, once', async () => {
    await using cluster = new TestCluster();
    const { api, log } = cluster.start('m1');
    await submit(api, 'db.service', `${sleeper}\n[X-Fleet]\nMachineMetadata=disk=ssd\n`);
    await submit(api, 'web.service', sleeper);
    await cluster.until(() => isActive(api, 'web.service'));
    const events = log.events.filter(({ event }) => event.startsWith('Unable to schedule Job(db.service)'));
    expect(events).toMatchObject([
      { facts: { refusals: expect.stringContaining('local Machine metadata insufficient') } },
    ]);
  });
});

describe('a daemon that ends', () => {
  const running = async (cluster: TestCluster) => {
    const daemon = cluster.start('m1');
    await submit(daemon.api, 'web.service', sleeper);
    await cluster.until(() => isActive(daemon.api, 'web.service'));
    cluster.systemd('m1').orders.splice(0);
    return daemon;
  };

  it('by a restart keeps its units, and its successor is recognised at once', async () => {
    await using cluster = new TestCluster();
    await (await running(cluster)).end('hand-over');
    const { api } = cluster.start('m1');
    expect((await unitOn(api, 'web.service'))?.machine).toBe('m1');
    await cluster.until(() => isActive(api, 'web.service'));
    expect(cluster.systemd('m1').orders).toEqual([]);
    expect(cluster.clock.now()).toBe(0);
  });

  it('by a crash keeps its units, and its successor is recognised at once', async () => {
    await using cluster = new TestCluster();
    (await running(cluster)).crash();
    const { api } = cluster.start('m1');
    await cluster.until(() => isActive(api, 'web.service'));
    expect(cluster.systemd('m1').orders).toEqual([]);
    expect(cluster.clock.now()).toBe(0);
  });

  it('by a stop takes its units and its presence with it', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m2');
    const daemon = cluster.start('m1');
    await submit(api, 'everywhere.service', everywhere);
    await cluster.until(
      async () => (await isActive(api, 'everywhere.service', 'm1')) && isActive(api, 'everywhere.service', 'm2'),
    );
    await daemon.end('leave');
    expect(cluster.systemd('m1').units.size).toBe(0);
    expect((await machinesOn(api)).map(({ id }) => id)).toEqual(['m2']);
    expect(cluster.clock.now()).toBe(0);
  });

  it('leaves cleanly while the registry is out of reach', async () => {
    await using cluster = new TestCluster();
    const daemon = await running(cluster);
    daemon.registry.line.cut();
    const ended = daemon.end('leave');
    await cluster.pass(seconds(10));
    await ended;
    expect(cluster.systemd('m1').units.size).toBe(0);
  });
});

describe('a daemon that loses the registry', () => {
  it('leaves its units alone, answers 503, and comes back as if nothing had been', async () => {
    await using cluster = new TestCluster();
    const { api, registry, log } = cluster.start('m1');
    await submit(api, 'web.service', sleeper);
    await cluster.until(() => isActive(api, 'web.service'));
    cluster.systemd('m1').orders.splice(0);
    registry.line.cut();
    await cluster.pass(seconds(60));
    expect((await call(api, 'GET', '/fleet/v1/machines')).status).toBe(503);
    expect(log.events.map(({ event }) => event)).toContain(
      'Server monitor triggered: Monitor timed out before successful heartbeat',
    );
    registry.line.mend();
    await cluster.pass(seconds(10));
    await cluster.until(() => isActive(api, 'web.service'));
    expect(cluster.systemd('m1').orders).toEqual([]);
    expect(cluster.systemd('m1').units.get('web.service' as never)?.active).toBe('active');
  });

  it('unloads what was moved elsewhere meanwhile', async () => {
    await using cluster = new TestCluster();
    const cut = cluster.start('m1');
    await submit(cut.api, 'web.service', sleeper);
    await cluster.until(() => isActive(cut.api, 'web.service', 'm1'));
    const { api } = cluster.start('m2');
    cut.registry.line.cut();
    await cluster.pass(seconds(30));
    await cluster.until(() => isActive(api, 'web.service', 'm2'));
    expect(cluster.systemd('m1').units.size).toBe(1);
    cut.registry.line.mend();
    await cluster.pass(seconds(10));
    await cluster.until(async () => cluster.systemd('m1').units.size === 0);
  });

  it('stays out while another live machine uses its id', async () => {
    await using cluster = new TestCluster();
    const first = cluster.start('m1');
    await cluster.until(async () => (await call(first.api, 'GET', '/fleet/v1/machines')).status === 200);
    const second = cluster.start('m1', {}, 'the boot of another machine');
    await cluster.pass(seconds(20));
    expect((await call(second.api, 'GET', '/fleet/v1/machines')).status).toBe(503);
    const refusal = 'Server register machine failed: machine id m1 is in use by another live machine (10.0.0.1)';
    expect(second.log.events.filter(({ level }) => level === 'error').map(({ event }) => event)).toEqual(
      [1, 2, 4, 8, 16].map((wait) => `${refusal}, retrying in ${wait} sec.`),
    );
    expect(second.statuses.at(-1)).toMatch(/^not in the cluster: machine id m1 is in use/);
    await first.end('leave');
    await cluster.pass(seconds(16));
    expect((await call(second.api, 'GET', '/fleet/v1/machines')).status).toBe(200);
  });
});

describe('an agent', () => {
  it('is not held up by a unit that fails, and tries that one again', async () => {
    await using cluster = new TestCluster();
    const { api, log } = cluster.start('m1');
    const systemd = cluster.systemd('m1');
    systemd.refuse('load', 'a.service', 'no space left');
    systemd.refuse('start', 'b.service', 'out of luck');
    for (const name of ['a.service', 'b.service', 'c.service']) await submit(api, name, sleeper);
    await cluster.until(() => isActive(api, 'c.service'));
    const failed = log.events.filter(({ event }) => event === 'AgentReconciler task failed:');
    expect(failed).toMatchObject([
      { facts: { type: 'LoadUnit', job: 'a.service', retryIn: '1s' } },
      { facts: { type: 'StartUnit', job: 'b.service', retryIn: '1s' } },
    ]);
    systemd.refuse('load', 'a.service', undefined);
    systemd.refuse('start', 'b.service', undefined);
    await cluster.pass(seconds(1));
    await cluster.until(async () => (await isActive(api, 'a.service')) && isActive(api, 'b.service'));
  });

  it('waits longer from failure to failure', async () => {
    await using cluster = new TestCluster();
    const { api, log } = cluster.start('m1');
    cluster.systemd('m1').refuse('start', 'a.service', 'out of luck');
    await submit(api, 'a.service', sleeper);
    await cluster.pass(seconds(40));
    const waits = log.events.flatMap(({ facts }) => facts['retryIn'] ?? []);
    expect(waits).toEqual(['1s', '2s', '4s', '8s', '16s', '32s']);
  });

  it('is not held up by a unit that stops slowly, and starts its new version when it has stopped', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m1');
    await submit(api, 'slow.service', slowToStop);
    await cluster.until(() => isActive(api, 'slow.service'));
    await submit(api, 'slow.service', other);
    await submit(api, 'quick.service', sleeper);
    await cluster.until(() => isActive(api, 'quick.service'));
    expect(cluster.systemd('m1').units.get('slow.service' as never)?.active).toBe('deactivating');
    await cluster.pass(seconds(30));
    await cluster.until(async () => (await unitOn(api, 'slow.service'))?.current === 'launched');
    expect(cluster.systemd('m1').orders.slice(-2)).toEqual(['load slow.service', 'start slow.service']);
  });

  it('never starts a unit again that ended by itself', async () => {
    await using cluster = new TestCluster();
    const { api } = cluster.start('m1');
    await submit(api, 'once.service', '[Service]\nType=oneshot\nExecStart=/bin/sleep 5\n');
    await cluster.until(async () => (await statesOn(api)).some(({ active }) => active === 'activating'));
    await cluster.pass(seconds(300));
    await cluster.until(async () => (await statesOn(api)).some(({ active }) => active === 'inactive'));
    expect(cluster.systemd('m1').orders).toEqual(['load once.service', 'start once.service']);
  });
});

it('dumps what it knows in the shape of fleet', async () => {
  await using cluster = new TestCluster();
  const { api, server } = cluster.start('m1');
  await submit(api, 'web.service', sleeper);
  await submit(api, 'db.service', sleeper, 'loaded');
  await cluster.until(async () => (await isActive(api, 'web.service')) && (await statesOn(api)).length === 2);
  const state = { LoadState: 'loaded', MachineID: 'm1', UnitHash: expect.stringMatching(/^[0-9a-f]{40}$/) };
  expect(JSON.parse(JSON.stringify(server.dump()))).toEqual({
    Agent: { Cache: { TargetStates: { 'db.service': 'loaded', 'web.service': 'launched' } } },
    UnitStatePublisher: {
      Cache: {
        'db.service': { ...state, ActiveState: 'inactive', SubState: 'dead', UnitName: 'db.service' },
        'web.service': { ...state, ActiveState: 'active', SubState: 'running', UnitName: 'web.service' },
      },
      ToPublish: {},
    },
    UnitStateGenerator: { Subscribed: ['db.service', 'web.service'] },
  });
});

describe('a systemd that cannot reload', () => {
  it('keeps units from being started with an older file, until it can', async () => {
    await using cluster = new TestCluster();
    const { api, log } = cluster.start('m1');
    const systemd = cluster.systemd('m1');
    systemd.refuse('reload', '', 'out of memory');
    await submit(api, 'a.service', sleeper);
    await cluster.until(async () => log.events.some(({ facts }) => facts['type'] === 'ReloadUnitFiles'));
    await cluster.pass(seconds(5));
    expect(systemd.orders).toEqual(['load a.service']);
    systemd.refuse('reload', '', undefined);
    await cluster.pass(seconds(1));
    await cluster.until(() => isActive(api, 'a.service'));
    expect(systemd.orders).toEqual(['load a.service', 'start a.service']);
  });
});
