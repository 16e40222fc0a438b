/** What wakes engine and agents: everything that matters, at once. The clock of these clusters stands still. */
import { describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { agentTtl, call, isActive, machinesOn, statesOn, submit, TestCluster, unitOn } from './fixtures.ts';

const sleeper = '[Service]\nExecStart=/bin/sleep infinity\n';
const other = '[Service]\nExecStart=/usr/bin/tail -f /dev/null\n';
const onSsd = `${sleeper}\n[X-Fleet]\nMachineMetadata=disk=ssd\n`;

const started = async () => {
  const cluster = new TestCluster();
  const { api } = cluster.start('m1');
  await submit(api, 'web.service', sleeper);
  await cluster.until(() => isActive(api, 'web.service'));
  return { cluster, api, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
};
const setDisk = (api: Parameters<typeof call>[0], machine: string, value: string | undefined) =>
  call(api, 'PATCH', '/fleet/v1/machines', [
    { op: value === undefined ? 'remove' : 'replace', path: `/${machine}/metadata/disk`, value },
  ] as object);

it('a unit that is removed stops', async () => {
  await using world = await started();
  await call(world.api, 'DELETE', '/fleet/v1/units/web.service');
  await world.cluster.until(async () => world.cluster.systemd('m1').units.size === 0);
  expect(world.cluster.clock.now()).toBe(0);
});

it('a unit whose options are replaced runs the new ones', async () => {
  await using world = await started();
  await submit(world.api, 'web.service', other);
  await world.cluster.until(
    async () =>
      world.cluster.systemd('m1').units.get('web.service' as never)?.file[0]?.value === '/usr/bin/tail -f /dev/null',
  );
  await world.cluster.until(() => isActive(world.api, 'web.service'));
  expect(world.cluster.systemd('m1').orders.slice(-3)).toEqual([
    'stop web.service',
    'load web.service',
    'start web.service',
  ]);
  expect(world.cluster.clock.now()).toBe(0);
});

it('a unit whose options are replaced moves to where the new ones lead', async () => {
  await using world = await started();
  world.cluster.start('m2', { staticMetadata: { disk: 'ssd' } });
  await submit(world.api, 'web.service', onSsd);
  await world.cluster.until(() => isActive(world.api, 'web.service', 'm2'));
  expect(world.cluster.clock.now()).toBe(0);
});

it('a machine that joins takes what waited for it', async () => {
  await using world = await started();
  await submit(world.api, 'db.service', onSsd);
  world.cluster.start('m2', { staticMetadata: { disk: 'ssd' } });
  await world.cluster.until(() => isActive(world.api, 'db.service', 'm2'));
  expect(world.cluster.clock.now()).toBe(0);
});

it('a machine that leaves hands its units to the others', async () => {
  await using world = await started();
  const { api } = world.cluster.start('m2');
  await world.cluster.until(async () => (await statesOn(api)).length === 1);
  for (const daemon of world.cluster.daemons('m1')) await daemon.end('leave');
  await world.cluster.pass(ms(400));
  await world.cluster.until(() => isActive(api, 'web.service', 'm2'));
});

describe('a machine whose presence etcd takes away before its time', () => {
  const withdrawn = (cluster: TestCluster, machine: string) =>
    cluster.store.transact({ ops: [{ remove: `/_coreos.com/fleet/machines/${machine}/object` }] });
  const seen = async (api: Parameters<typeof call>[0]) => (await machinesOn(api)).map(({ id }) => id);

  it('is back at once, and its units stay', async () => {
    await using world = await started();
    const { cluster, api } = world;
    const other = cluster.start('m2').api;
    await cluster.until(async () => (await seen(other)).length === 2);
    expect(withdrawn(cluster, 'm1').results[0]?.removed).toBe(1);
    await cluster.until(async () => (await seen(other)).length === 2 && isActive(api, 'web.service', 'm1'));
    expect(cluster.clock.now()).toBe(0);
    await cluster.pass(seconds(5));
    expect(cluster.systemd('m1').orders).toEqual(['load web.service', 'start web.service']);
  });

  it('has a moment for it in which its units stay, and no more', async () => {
    await using world = await started();
    const { cluster } = world;
    const m2 = cluster.start('m2');
    await submit(world.api, 'db.service', sleeper);
    await cluster.until(() => isActive(world.api, 'db.service', 'm2'));
    const moved = () => isActive(world.api, 'db.service', 'm1');
    m2.registry.line.cut();
    withdrawn(cluster, 'm2');
    await cluster.pass(ms(300));
    m2.registry.line.mend();
    await cluster.until(async () => (await seen(world.api)).length === 2);
    await cluster.pass(ms(300));
    expect([await moved(), cluster.systemd('m2').orders]).toEqual([false, ['load db.service', 'start db.service']]);
    m2.registry.line.cut();
    withdrawn(cluster, 'm2');
    await cluster.pass(ms(399));
    expect(await moved()).toBe(false);
    await cluster.pass(ms(1));
    expect(await moved()).toBe(true);
  });
});

it('a machine that is lost does so when its lease has run out and it had a moment to return', async () => {
  await using world = await started();
  const { api } = world.cluster.start('m2');
  await world.cluster.until(async () => (await statesOn(api)).length === 1);
  for (const daemon of world.cluster.daemons('m1')) daemon.crash();
  await world.cluster.pass(agentTtl);
  await world.cluster.until(() => isActive(api, 'web.service', 'm2'));
  expect(world.cluster.clock.now()).toBeLessThanOrEqual(agentTtl + ms(1));
});

it('metadata that is set takes a unit in, and removed lets it go', async () => {
  await using world = await started();
  await submit(world.api, 'db.service', onSsd);
  await setDisk(world.api, 'm1', 'ssd');
  await world.cluster.until(() => isActive(world.api, 'db.service', 'm1'));
  await setDisk(world.api, 'm1', undefined);
  await world.cluster.until(async () => !(await isActive(world.api, 'db.service')));
  expect(await unitOn(world.api, 'db.service')).not.toHaveProperty('machine', 'm1');
  expect(world.cluster.clock.now()).toBe(0);
});

it('metadata that changes hands moves the unit with it', async () => {
  await using world = await started();
  world.cluster.start('m2');
  await setDisk(world.api, 'm1', 'ssd');
  await submit(world.api, 'db.service', onSsd);
  await world.cluster.until(() => isActive(world.api, 'db.service', 'm1'));
  await setDisk(world.api, 'm2', 'ssd');
  await setDisk(world.api, 'm1', 'hdd');
  await world.cluster.until(() => isActive(world.api, 'db.service', 'm2'));
  expect(world.cluster.clock.now()).toBe(0);
});

it('what concerns other machines wakes no agent', async () => {
  await using world = await started();
  const { api } = world.cluster.start('m2', { staticMetadata: { disk: 'ssd' } });
  await world.cluster.until(async () => (await statesOn(api)).length === 1);
  const before = world.cluster.systemd('m1').orders.length;
  await submit(api, 'db.service', onSsd);
  await world.cluster.until(() => isActive(api, 'db.service', 'm2'));
  expect(world.cluster.systemd('m1').orders.length).toBe(before);
});
