import { describe, expect, it, onTestFinished } from 'vitest';
import { minutes, ms, seconds } from '../../core/base/time.ts';
import type { UnitName } from '../../core/unit/types.ts';
import { ManualClock } from '../clock/manual.ts';
import type { Etcd, Transaction, Watch } from '../etcd/index.ts';
import { MemoryEtcdStore } from '../etcd/memory.ts';
import { memoryLog } from '../log/memory.ts';
import { registryOn } from './etcd.ts';
import { memoryRegistry } from './memory.ts';

const web = 'web.service' as UnitName;

/** A registry whose requests are counted and whose watches can fall silent. */
function aWorld() {
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  const line = store.client();
  const counts = { watching: 0, watched: 0, reads: [] as Transaction[] };
  let silent = false;
  const silenced = async function* (watch: Watch) {
    counts.watching += 1;
    counts.watched += 1;
    try {
      for await (const event of watch) {
        while (silent) await clock.sleep(ms(1));
        yield event;
      }
    } finally {
      counts.watching -= 1;
    }
  };
  const etcd: Etcd = {
    transact: (transaction) => {
      counts.reads.push(transaction);
      return line.transact(transaction);
    },
    keepLease: (term) => line.keepLease(term),
    timedLease: (term) => line.timedLease(term),
    timeLeft: (lease) => line.timeLeft(lease),
    watch: (ranges, stop) => {
      const watch = line.watch(ranges, stop);
      return Object.assign(silenced(watch), { confirm: () => watch.confirm() });
    },
    [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
  };
  const registry = registryOn({ etcd, clock, log: memoryLog() });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  return {
    ...{ clock, line, counts, registry, stop: stop.signal, other: memoryRegistry(clock, store) },
    silence: () => {
      silent = true;
    },
  };
}

describe('those who look at a registry', () => {
  it('share one watch, however many they are and whatever they look at', async () => {
    const { registry, counts, stop } = aWorld();
    const looking = [registry.changes(stop), registry.changes(stop), registry.cluster(stop)];
    await Promise.all(looking.map((one) => one[Symbol.asyncIterator]().next()));
    await Promise.all([registry.read(), registry.read()]);
    expect(counts).toMatchObject({ watching: 1, watched: 1 });
  });

  it('read for the price of one key, in a cluster of any size', async () => {
    const { registry, counts, other } = aWorld();
    for (let n = 0; n < 50; n++) await other.putUnit(`u${n}.service` as UnitName, [], 'inactive');
    await registry.read();
    counts.reads.length = 0;
    expect((await registry.read()).units).toHaveLength(50);
    expect(counts.reads).toEqual([{ ops: [{ get: '/_coreos.com/fleet/engine/leader', keysOnly: true }] }]);
  });

  it('leave the watch open for a minute, for those who come next', async () => {
    const { registry, counts, clock } = aWorld();
    await registry.read();
    await clock.advance(seconds(50));
    await registry.read();
    await clock.advance(seconds(59));
    expect(counts).toEqual({ watching: 1, watched: 1, reads: expect.anything() });
    await clock.advance(seconds(1));
    expect(counts.watching).toBe(0);
  });

  it('find everything again when they come after the watch was closed', async () => {
    const { registry, counts, clock, other, stop } = aWorld();
    await registry.read();
    await clock.advance(minutes(2));
    await other.putUnit(web, [], 'inactive');
    expect((await registry.read()).units).toHaveLength(1);
    const changes = registry.changes(stop)[Symbol.asyncIterator]();
    await changes.next();
    await clock.advance(minutes(2));
    expect(counts).toMatchObject({ watching: 1, watched: 2 });
    await other.removeUnit(web);
    await changes.next();
  });

  it('that come at the moment when the watch closes open another', async () => {
    const { registry, clock, counts, stop } = aWorld();
    await registry.read();
    const changes = registry.changes(stop)[Symbol.asyncIterator]();
    // Due in the same instant as the end of the watch, and after it.
    const coming = clock.sleep(minutes(1)).then(() => changes.next());
    await clock.advance(minutes(1));
    expect((await coming).done).toBe(false);
    expect(counts.watching).toBe(1);
  });

  it('are not held up by a watch that fell silent', async () => {
    const { registry, clock, other, silence } = aWorld();
    await registry.read();
    silence();
    await other.putUnit(web, [], 'inactive');
    const reading = registry.read();
    await clock.advance(ms(500));
    expect((await reading).units).toHaveLength(1);
  });

  it('are told that it is over when the registry is disposed', async () => {
    const { registry, stop } = aWorld();
    const looking = [registry.changes(stop), registry.cluster(stop)].map((one) => one[Symbol.asyncIterator]());
    await Promise.all(looking.map((one) => one.next()));
    const ends = Promise.all(looking.map((one) => one.next()));
    await registry[Symbol.asyncDispose]();
    expect((await ends).map(({ done }) => done)).toEqual([true, true]);
  });
});
