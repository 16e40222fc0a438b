/** How long a record lives: by its container, its lease, its own time to live, and what an earlier run left behind. */
import { describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { RecordStoreUnreachable } from '../../core/errors/record-store.ts';
import { alone, at, home, type Records, redis, serving, started, type TestCluster, valueAt } from './fixtures.ts';

describe('with -docker-runtime-folder', () => {
  const argv = ['-docker-runtime-folder', '/run/docker/runtime-runc/moby'];

  it('removes a record before the engine tells of the death, which then changes nothing', async () => {
    const { cluster, machine, id } = await serving(argv);
    machine.early.end(id);
    await cluster.holds({});
    machine.containers.die(id);
    machine.containers.start(redis({ id }));
    await cluster.holds(at(home));
  });

  it('keeps the record of a container that was started again in the meantime', async () => {
    const { cluster, machine, id } = await serving(argv);
    machine.early.endAndStart(id);
    await cluster.holds(at(home));
  });

  it('asks the engine how a container ended when that matters', async () => {
    const { cluster, machine, id } = await serving([...argv, '-deregister', 'on-success']);
    machine.early.end(id);
    await cluster.holds(at(home));
    machine.containers.die(id);
    await cluster.holds({});
  });
});

describe('with -ttl', () => {
  const argv = ['-ttl', '30', '-ttl-refresh', '10'];
  const refreshTimes = async ({ clock }: TestCluster, times: number) => {
    for (let round = 0; round < times; round++) await clock.advance(seconds(10));
  };

  it('writes expiring records, and writes them again in time', async () => {
    const { cluster, machine } = await serving(argv);
    await refreshTimes(cluster, 10);
    expect(await cluster.outside.list('/skydns')).toMatchObject([{ expiresAt: expect.any(Number) }]);
    machine.stop.abort();
    await cluster.holdsAfter(seconds(31), {});
  });

  it('writes a record again at once when its container is back after it expired', async () => {
    const { cluster, machine, id } = await serving([
      ...['-ttl', '300', '-ttl-refresh', '200'],
      ...['-deregister', 'on-success'],
    ]);
    machine.containers.die(id, 1);
    await cluster.holdsAfter(seconds(310), {});
    machine.containers.start(redis({ id }));
    await cluster.holds(at(home));
  });

  it('lets records of a container that failed expire, when only success is to take them back', async () => {
    const { cluster, machine, id } = await serving([...argv, '-deregister', 'on-success']);
    machine.containers.die(id, 1);
    await cluster.holds(at(home));
    await refreshTimes(cluster, 10);
    await cluster.holds({});
  });
});

/** What a redis that gives itself no id is registered as. */
const unnamed: Records = { 'redis/core-103:redis:6379': valueAt(home) };

it('binds a record that it found of an earlier run to its own session, though it could not at first', async () => {
  const { cluster, machine } = alone(['-cleanup']);
  await cluster.put(unnamed);
  const { session } = machine.store;
  machine.store.session = () => Promise.reject(new RecordStoreUnreachable({ doing: 'opening a session' }));
  machine.containers.start(redis({ environment: [] }));
  void machine.start();
  await cluster.clock.advance(seconds(1));
  machine.store.session = session;
  await cluster.holdsAfter(seconds(2), unnamed);
  machine.line.cut();
  await cluster.holdsAfter(seconds(5), {});
});

describe('with -session-ttl 0', () => {
  const argv = ['-session-ttl', '0'];

  it('leaves records to nobody but whoever removes them', async () => {
    const { cluster, machine } = await serving(argv);
    machine.line.cut();
    await cluster.holdsAfter(seconds(3_600), at(home));
  });

  const website = { 'website/core-103:website.service:80': valueAt(home, 80) };
  const stale: Records = { 'redis/core-103:gone:6379': valueAt(home), ...website };
  const others: Records = {
    'redis/core-1031:n0:6379': valueAt('10.0.0.1', 1),
    'redis/own': valueAt('10.0.0.2', 1),
  };

  it('finds with -cleanup what an earlier run left behind, and no more', async () => {
    const { cluster, machine } = alone([...argv, '-cleanup', '-fleet-units', '/run/fleet/units']);
    await cluster.put({ ...stale, ...others });
    machine.containers.start(redis({ environment: [] }));
    machine.units.start({ name: 'website.service', environment: ['SERVICE_NAME=website', 'SERVICE_PORT=8080'] });
    void machine.start();
    await cluster.holds({
      ...others,
      ...unnamed,
      'website/core-103:website.service:8080': valueAt(home, 8080),
    });
  });

  it('removes nothing, not even for a moment, of a container that still runs', async () => {
    const { cluster, machine } = alone([...argv, '-cleanup']);
    await cluster.put(unnamed);
    const { inspect } = machine.containers;
    machine.containers.inspect = async (id) => {
      await cluster.clock.sleep(seconds(1));
      return inspect(id);
    };
    const removed: string[] = [];
    machine.store.remove = async (key) => removed.push(key) > 0;
    machine.containers.start(redis({ environment: [] }));
    void machine.start();
    await cluster.holdsAfter(seconds(5), unnamed);
    expect(removed).toEqual([]);
  });

  it('touches none of it without -cleanup', async () => {
    const { cluster, machine } = alone(argv);
    await cluster.put({ ...stale, ...others });
    void machine.start();
    await cluster.holds({ ...stale, ...others });
  });

  it('leaves what a crash left behind for -cleanup to find at the next sync', async () => {
    const { cluster } = started([...argv, '-cleanup', '-resync', '10']);
    await cluster.holds({});
    await cluster.put({ ...stale, ...others });
    await cluster.holdsAfter(seconds(10), { ...others, ...website });
  });
});

describe('with -deregister on-success', () => {
  it('keeps the records of a container that failed until it has been removed', async () => {
    const { cluster, machine } = started(['-deregister', 'on-success', '-resync', '10']);
    const first = machine.containers.start(redis());
    machine.containers.die(first, 1);
    await cluster.holds({});
    const second = machine.containers.start(redis());
    await cluster.holds(at(home));
    machine.containers.die(second, 1);
    await cluster.holdsAfter(seconds(10), at(home));
    machine.containers.remove(second);
    await cluster.holdsAfter(seconds(10), {});
  });
});
