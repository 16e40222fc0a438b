/** One name on more than one machine, at once or one after the other. */
import { describe, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { alone, aPair, at, elsewhere, home, redis, secondRecord, secondRedis } from './fixtures.ts';

describe('a unit that moves', () => {
  it('has its new address, whatever the machine that it left does later', async () => {
    const { cluster, first: left, second: now, id: old } = await aPair();
    now.containers.start(redis());
    await cluster.holds(at(home));
    left.containers.die(old);
    await cluster.holds(at(home));
  });

  it('keeps it when the lease of the machine that died runs out', async () => {
    const { cluster, first: dead, second: now } = await aPair();
    dead.line.cut();
    now.containers.start(redis());
    await cluster.holds(at(home));
    await cluster.holdsAfter(seconds(30), at(home));
  });

  it('keeps it when the machine that was cut off comes back and still runs the container', async () => {
    const { cluster, first: apart, second: now, id: old } = await aPair();
    apart.line.cut();
    await cluster.holdsAfter(seconds(10), {});
    now.containers.start(redis());
    await cluster.holds(at(home));
    apart.line.mend();
    await cluster.holdsAfter(seconds(10), at(home));
    apart.containers.die(old);
    await cluster.holdsAfter(seconds(10), at(home));
  });

  it('goes back to it once nobody else has the name', async () => {
    const { cluster, first: apart, second: other } = await aPair();
    apart.line.cut();
    await cluster.clock.advance(seconds(10));
    const id = other.containers.start(redis());
    apart.line.mend();
    await cluster.holdsAfter(seconds(10), at(home));
    other.containers.die(id);
    await cluster.holdsAfter(seconds(10), at(elsewhere));
  });
});

describe('a name of two machines', () => {
  it('goes back at once to the one that was displaced, when the other has stopped', async () => {
    const { cluster, second: other } = await aPair();
    const id = other.containers.start(redis());
    await cluster.holds(at(home));
    other.containers.die(id);
    await cluster.holds(at(elsewhere));
  });

  it('keeps nobody else on the machine waiting that waits for it', async () => {
    const { cluster, machine } = alone();
    const theirs = at('10.0.0.9', 1);
    await cluster.put(theirs);
    machine.containers.start(redis());
    const other = machine.containers.start(secondRedis());
    void machine.start();
    await cluster.holds({ ...theirs, ...secondRecord });
    await cluster.clock.advance(seconds(10));
    machine.containers.die(other);
    await cluster.holds(theirs);
    await cluster.remove('redis/redis-1');
    await cluster.holds(at(home));
  });
});
