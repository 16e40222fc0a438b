/** What becomes of the records when the store or the engine is out of reach, loses something or goes away. */
import { describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { RecordStoreUnreachable } from '../../core/errors/record-store.ts';
import {
  alone,
  anAbsentEngine,
  at,
  home,
  redis,
  secondRecord,
  secondRedis,
  serving,
  silence,
  started,
  withWrites,
} from './fixtures.ts';

const unwritten = () => new RecordStoreUnreachable({ doing: 'writing a record' });

describe('the store', () => {
  it('has everything again after it was out of reach, and forgets nothing that happened meanwhile', async () => {
    const { cluster, machine, id } = await serving();
    machine.line.cut();
    machine.containers.die(id);
    machine.containers.start(secondRedis());
    await cluster.clock.advance(ms(500));
    machine.line.mend();
    await cluster.holdsAfter(seconds(10), secondRecord);
  });

  it('gets back what it lost, at once', async () => {
    const { cluster } = await serving();
    await cluster.remove('redis/redis-1');
    await cluster.holds(at(home));
  });

  it('gets it back at the slow check, should nobody have heard of the loss', async () => {
    const { cluster, machine } = alone();
    machine.store.watch = (_, stop) => silence(stop);
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds(at(home));
    await cluster.remove('redis/redis-1');
    await cluster.holds({});
    await cluster.holdsAfter(seconds(60), at(home));
  });

  it('is tried for each record alone: one that is refused holds up no other, and is written when it can be', async () => {
    const { cluster, machine } = alone();
    let isRefused = true;
    withWrites(machine.store, async (write, key) => {
      if (isRefused && key.endsWith('redis-1')) throw unwritten();
      await write();
    });
    void machine.start();
    machine.containers.start(redis());
    await cluster.clock.advance(seconds(30));
    const other = machine.containers.start(secondRedis());
    await cluster.holds(secondRecord);
    machine.containers.die(other);
    await cluster.holds({});
    expect(machine.said().filter((event) => event.startsWith('register failed: '))).toHaveLength(1);
    isRefused = false;
    await cluster.holdsAfter(seconds(2), at(home));
  });

  it('keeps no record whose write got no answer but was carried out', async () => {
    const { cluster, machine } = alone();
    withWrites(machine.store, async (write) => {
      await write();
      throw unwritten();
    });
    void machine.start();
    const id = machine.containers.start(redis());
    machine.containers.start(secondRedis());
    await cluster.holds({ ...at(home), ...secondRecord });
    machine.containers.die(id);
    await cluster.holdsAfter(seconds(2), secondRecord);
  });

  it('keeps no record whose write was carried out after its removal', async () => {
    const { cluster, machine } = alone();
    let carryOut = async () => {};
    const unanswered = async (write: () => Promise<void>) => {
      carryOut = write;
      throw unwritten();
    };
    // The late write needs a lease that still stands.
    withWrites(machine.store, unanswered, { [Symbol.asyncDispose]: async () => {} });
    void machine.start();
    const id = machine.containers.start(redis());
    await cluster.holds({});
    machine.containers.die(id);
    await cluster.clock.advance(seconds(2));
    await carryOut();
    await cluster.holds({});
  });

  it('loses at once what ended while it was out of reach, though it kept the lost session for longer', async () => {
    const { cluster, machine } = alone();
    const lost = new AbortController();
    const { session } = machine.store;
    // An etcd without a majority lets no lease run out; ours counts as lost by our own clock.
    machine.store.session = async (ttl) =>
      lost.signal.aborted
        ? session(ttl)
        : { lost: lost.signal, put: cluster.outside.put, [Symbol.asyncDispose]: async () => {} };
    void machine.start();
    const gone = machine.containers.start(redis());
    machine.containers.start(secondRedis());
    await cluster.holds({ ...at(home), ...secondRecord });
    machine.line.cut();
    machine.containers.die(gone);
    await cluster.clock.advance(seconds(1));
    lost.abort();
    await cluster.clock.advance(seconds(1));
    machine.line.mend();
    await cluster.holdsAfter(seconds(2), secondRecord);
    expect(machine.said()).toContain('refreshed: 000000000000 redis-2');
  });

  it.each([
    ['is asked for a session a second shorter than told, since etcd may prolong one by as much', seconds(2)],
    ['loses the records of a machine that dies, within the session', seconds(3)],
  ])('%s', async (_name, passed) => {
    const { cluster, machine } = await serving(['-session-ttl', '3']);
    machine.line.cut();
    await cluster.holdsAfter(passed, {});
  });

  it('keeps them for a successor when registrator is only stopped', async () => {
    const { cluster, machine, running } = await serving();
    machine.stop.abort();
    await running;
    await cluster.holds(at(home));
  });

  it('is waited for at the start as often as asked, and then no more', async () => {
    const { cluster, machine } = alone(['-retry-attempts', '2', '-retry-interval', '1000']);
    machine.line.cut();
    const failing = expect(machine.start()).rejects.toMatchObject({ code: 'BACKEND_UNREACHABLE' });
    await cluster.clock.advance(seconds(2));
    await failing;
  });
});

describe('the engine', () => {
  it('is asked again when its events broke off, and what was missed is made good', async () => {
    const { cluster, machine, running, id: gone } = await serving();
    machine.containers.breakOff();
    machine.containers.die(gone);
    machine.containers.start(secondRedis());
    await cluster.holdsAfter(ms(10), secondRecord);
    machine.stop.abort();
    await expect(running).resolves.toBeUndefined();
  });

  it('ends registrator when its events broke off and it does not answer any more', async () => {
    const { cluster, machine, running } = started();
    const ended = expect(running).rejects.toMatchObject({ code: 'ENGINE_EVENTS_ENDED' });
    await cluster.holds({});
    machine.containers.events = () => machine.containers.list() as Promise<never>;
    machine.containers.breakOff();
    machine.containers.close();
    await cluster.clock.advance(ms(310));
    await ended;
  });

  it('ends registrator when it goes away, and the records stay', async () => {
    const { cluster, machine, running } = started();
    const ended = expect(running).rejects.toMatchObject({ code: 'ENGINE_EVENTS_ENDED' });
    await cluster.holds({});
    machine.containers.close();
    await ended;
  });

  it('is waited for, and its records are removed while it is away', async () => {
    const { cluster, machine } = alone();
    const appear = anAbsentEngine(machine);
    void machine.start();
    machine.containers.start(redis());
    await cluster.holds({});
    appear();
    await cluster.holds(at(home));
    machine.containers.close();
    await cluster.holds({});
    await cluster.clock.advance(seconds(1));
    machine.containers.open();
    machine.containers.start(redis({ name: 'again' }));
    await cluster.holds({});
    appear();
    await cluster.holds(at(home));
  });
});
