import { describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { agentTtl, call, isActive, machinesOn, submit, TestCluster } from './fixtures.ts';

const sleeper = '[Service]\nExecStart=/bin/sleep infinity\n';
const slowToStop = `${sleeper}ExecStop=/bin/sleep 30\n`;
const everywhere = `${sleeper}\n[X-Fleet]\nGlobal=true\n`;
const fencing = { partitionPolicy: 'fence' } as const;

/** Two machines, of which the first has the unit, and a global unit is on both. */
const cutOff = async (cluster: TestCluster, file: string) => {
  const first = cluster.start('m1', fencing);
  await submit(first.api, 'web.service', file);
  await cluster.until(() => isActive(first.api, 'web.service', 'm1'));
  const second = cluster.start('m2', fencing);
  await submit(first.api, 'dns.service', everywhere);
  await cluster.until(
    async () => (await isActive(first.api, 'dns.service', 'm1')) && isActive(first.api, 'dns.service', 'm2'),
  );
  cluster.systemd('m1').orders.splice(0);
  first.registry.line.cut();
  return { first, second };
};
const leaseOf = (cluster: TestCluster, machine: string) => {
  const key = `/_coreos.com/fleet/machines/${machine}/object`;
  return cluster.store.transact({ ops: [{ get: key }] }).results[0]?.found[0]?.lease ?? '';
};
const stateOf = (cluster: TestCluster, machine: string, unit: string) =>
  cluster.systemd(machine).units.get(unit as never)?.active;
const runs = (state: string | undefined) => state !== undefined && state !== 'inactive' && state !== 'failed';

describe('a machine that is cut off and has to fence', () => {
  it.each([
    ['stops in time', sleeper],
    ['is killed in time when it stops slowly', slowToStop],
  ])('never shares a unit with another machine: it %s', async (_, file) => {
    await using cluster = new TestCluster();
    await cutOff(cluster, file);
    let moved = false;
    for (let passed = 0; passed < seconds(6); passed += 10) {
      await cluster.pass(ms(10));
      const [here, there] = ['m1', 'm2'].map((machine) => runs(stateOf(cluster, machine, 'web.service')));
      expect([here, there]).not.toEqual([true, true]);
      moved ||= there === true;
    }
    expect(moved).toBe(true);
    expect(stateOf(cluster, 'm1', 'dns.service')).toBe('active');
  });

  it('leaves its units alone while two renewals in a row may still fail', async () => {
    await using cluster = new TestCluster();
    await cutOff(cluster, sleeper);
    // The lease is a second shorter than agent_ttl; a third of it is kept for stopping.
    await cluster.pass(ms((agentTtl - 1_000) * (2 / 3) - 50));
    expect(cluster.systemd('m1').orders).toEqual([]);
    await cluster.pass(ms(100));
    expect(cluster.systemd('m1').orders).toEqual(['stop web.service']);
  });

  it('starts them again when it is back before anybody missed it', async () => {
    await using cluster = new TestCluster();
    const { first } = await cutOff(cluster, sleeper);
    await cluster.pass(ms((agentTtl - 1_000) * 0.8));
    expect(stateOf(cluster, 'm1', 'web.service')).toBe('inactive');
    first.registry.line.mend();
    await cluster.pass(ms(500));
    await cluster.until(() => isActive(first.api, 'web.service', 'm1'));
    expect(cluster.systemd('m1').orders).toEqual(['stop web.service', 'start web.service']);
    expect(first.log.events.map(({ event }) => event)).not.toContain('Restarting server');
  });

  it('starts what is still its own when it comes back late, and unloads what is not', async () => {
    await using cluster = new TestCluster();
    const { first, second } = await cutOff(cluster, sleeper);
    await submit(second.api, 'own.service', `${sleeper}[X-Fleet]\nMachineID=m1\n`);
    await cluster.pass(seconds(10));
    await cluster.until(() => isActive(second.api, 'web.service', 'm2'));
    first.registry.line.mend();
    await cluster.pass(seconds(10));
    await cluster.until(() => isActive(second.api, 'own.service', 'm1'));
    expect(stateOf(cluster, 'm1', 'web.service')).toBeUndefined();
    expect(stateOf(cluster, 'm2', 'web.service')).toBe('active');
    expect(await machinesOn(second.api)).toHaveLength(2);
  });

  it('kills what refuses to stop', async () => {
    await using cluster = new TestCluster();
    await cutOff(cluster, sleeper);
    cluster.systemd('m1').refuse('stop', 'web.service', 'Operation refused');
    await cluster.pass(ms((agentTtl - 1_000) * 0.8));
    expect(cluster.systemd('m1').orders).toEqual(['stop web.service', 'kill web.service']);
    expect(runs(stateOf(cluster, 'm1', 'web.service'))).toBe(false);
  });

  it('leaves what has ended by itself as it is, and does not run it again', async () => {
    await using cluster = new TestCluster();
    const { api, registry } = cluster.start('m1', fencing);
    await submit(api, 'once.service', '[Service]\nType=oneshot\nExecStart=/bin/sleep 5\n');
    await submit(api, 'bad.service', '[Service]\nExecStart=/bin/false\n');
    await cluster.pass(seconds(10));
    cluster.systemd('m1').orders.splice(0);
    registry.line.cut();
    await cluster.pass(seconds(10));
    registry.line.mend();
    await cluster.pass(seconds(10));
    await cluster.until(async () => (await machinesOn(api)).length === 1);
    expect(cluster.systemd('m1').orders).toEqual([]);
  });

  it('also when its daemon crashed and the next one finds no registry', async () => {
    await using cluster = new TestCluster();
    const { first } = await cutOff(cluster, sleeper);
    first.crash();
    const next = cluster.start('m1', fencing);
    next.registry.line.cut();
    await cluster.pass(ms((agentTtl - 1_000) * 0.5));
    expect(cluster.systemd('m1').orders).toEqual(['stop web.service']);
    expect(stateOf(cluster, 'm1', 'dns.service')).toBe('active');
  });

  it('at once when the registry has ended its lease before its time', async () => {
    await using cluster = new TestCluster();
    const { first } = await cutOff(cluster, slowToStop);
    first.registry.line.mend();
    await cluster.pass(ms(10));
    cluster.store.revoke(leaseOf(cluster, 'm1'));
    await cluster.pass(ms(1));
    expect(cluster.systemd('m1').orders.slice(0, 2)).toEqual(['stop web.service', 'kill web.service']);
  });
});

describe('a machine that need not fence', () => {
  it('stops nothing when its daemon finds no registry', async () => {
    await using cluster = new TestCluster();
    const first = cluster.start('m1');
    await submit(first.api, 'web.service', sleeper);
    await cluster.until(() => isActive(first.api, 'web.service', 'm1'));
    first.crash();
    cluster.systemd('m1').orders.splice(0);
    const next = cluster.start('m1');
    next.registry.line.cut();
    await cluster.pass(seconds(60));
    expect(cluster.systemd('m1').orders).toEqual([]);
  });

  it('does so from the moment on that its configuration asks for it', async () => {
    await using cluster = new TestCluster();
    const daemon = cluster.start('m1');
    await submit(daemon.api, 'web.service', sleeper);
    await cluster.until(() => isActive(daemon.api, 'web.service', 'm1'));
    cluster.systemd('m1').orders.splice(0);
    daemon.config = { ...daemon.config, ...fencing };
    daemon.server.reload();
    await cluster.pass(ms(1));
    expect((await call(daemon.api, 'GET', '/fleet/v1/machines')).status).toBe(200);
    daemon.registry.line.cut();
    await cluster.pass(seconds(2));
    expect(cluster.systemd('m1').orders).toEqual(['stop web.service']);
  });
});
