import { describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { alone, at, home, redis, secondRecord, secondRedis, silence, started, valueAt } from './fixtures.ts';

describe('registrator', () => {
  it('registers what runs already, what starts, and takes back what dies', async () => {
    const { cluster, machine } = alone();
    const early = machine.containers.start(redis());
    void machine.start();
    await cluster.holds(at(home));
    const late = machine.containers.start(secondRedis());
    await cluster.holds({ ...at(home), ...secondRecord });
    machine.containers.die(early);
    machine.containers.remove(late);
    await cluster.holds({});
  });

  it('ends up right however a container is restarted while it looks', async () => {
    const { cluster, machine } = alone();
    const id = machine.containers.start(redis());
    void machine.start();
    machine.containers.die(id);
    machine.containers.start(redis({ id }));
    await cluster.holds(at(home));
    machine.containers.die(id);
    machine.containers.start(redis({ id }));
    machine.containers.die(id);
    await cluster.holds({});
  });

  it('handles what happens to one container in order, however long a look at it takes', async () => {
    const { cluster, machine } = alone();
    const { inspect } = machine.containers;
    machine.containers.inspect = async (id) => {
      const seen = await inspect(id);
      await cluster.clock.sleep(seconds(1));
      return seen;
    };
    void machine.start();
    await cluster.holds({});
    const id = machine.containers.start(redis());
    await cluster.holds({});
    machine.containers.die(id);
    await cluster.holdsAfter(seconds(5), {});
  });

  it('gives a key of two containers to the later, and back when that one dies', async () => {
    const { cluster, machine } = started();
    machine.containers.start(redis());
    const later = redis({ name: 'r2', published: { '6379/tcp': [{ address: '', port: 7000 }] } });
    const id = machine.containers.start(later);
    await cluster.holds(at(home, 7000));
    machine.containers.die(id);
    await cluster.holds(at(home));
  });

  it('says what it leaves out', async () => {
    const { cluster, machine } = started();
    machine.containers.start({ name: 'quiet' });
    await cluster.holds({});
    expect(machine.said()).toContain('ignored: 000000000000 no published ports');
  });

  it('says what it does in the words that people search their logs for', async () => {
    const { cluster, machine } = alone(['-resync', '10']);
    const id = machine.containers.start(redis({ id: 'c0ffee'.padEnd(64, '0') }));
    void machine.start();
    await cluster.holds(at(home));
    await cluster.clock.advance(seconds(10));
    machine.containers.die(id);
    await cluster.holds({});
    expect(machine.said()).toEqual([
      'Forcing host IP to 172.17.8.103',
      'Using skydns2 adapter: skydns2:///webapp.dev',
      'Connecting to backend (0/0)',
      'Listening for Docker events ...',
      'Syncing services on 1 containers',
      'added: c0ffee000000 redis-1',
      'Syncing services on 1 containers',
      'refreshed: c0ffee000000 redis-1',
      'removed: c0ffee000000 redis-1',
    ]);
  });

  it('warns of a name and an id that no question can ask for', async () => {
    const { cluster, machine } = started();
    machine.containers.start(redis({ environment: ['SERVICE_NAME=my.db'] }));
    await cluster.holds({ 'my.db/core-103:redis:6379': valueAt(home) });
    expect(machine.log.events.filter(({ level }) => level === 'warn')).toMatchObject([
      { facts: { name: 'my.db' } },
      { facts: { id: 'core-103:redis:6379' } },
    ]);
  });

  it('registers everybody else when one container has malformed metadata', async () => {
    const { cluster, machine } = alone();
    machine.containers.start(redis({ name: 'bad', environment: ['SERVICE_ID=redis-1/'] }));
    machine.containers.start(
      redis({ name: 'worse', exposed: ['what'], environment: ['=', 'SERVICE_', 'SERVICE_NAME'] }),
    );
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds({ ...at(home), 'redis/core-103:worse:6379': valueAt(home) });
    expect(machine.said()).toContain('ignored: 000000000000 service on port 6379: its id "redis-1/" has an empty part');
    expect(machine.said()).toContain('ignored: 000000000000 "what" is not a port');
  });

  it('leaves nothing of a container that lived for a moment only', async () => {
    const { cluster, machine } = started();
    await cluster.holds({});
    for (let round = 0; round < 10; round++) machine.containers.die(machine.containers.start(redis()));
    await cluster.holds({});
  });

  it('finds at its slow check what no event told, and keeps what was started again', async () => {
    const { cluster, machine } = alone();
    const { events } = machine.containers;
    machine.containers.events = async (stop) => {
      await events(stop);
      return silence(stop);
    };
    const gone = machine.containers.start(redis());
    const stays = machine.containers.start(secondRedis());
    void machine.start();
    await cluster.holds({ ...at(home), ...secondRecord });
    machine.containers.die(gone);
    machine.containers.die(stays);
    machine.containers.start(secondRedis({ id: stays }));
    await cluster.holdsAfter(seconds(60), secondRecord);
    // A list may be older than what we heard since.
    machine.containers.list = async () => [];
    await cluster.holdsAfter(seconds(60), secondRecord);
  });
});
