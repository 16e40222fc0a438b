import { expect, it } from 'vitest';
import { ms, seconds } from '../core/base/time.ts';
import { parseUnitFile } from '../core/unit/file.ts';
import type { UnitName } from '../core/unit/types.ts';
import { ManualClock } from '../ports/clock/manual.ts';
import { MemoryEtcdStore } from '../ports/etcd/memory.ts';
import { memoryLog } from '../ports/log/memory.ts';
import { memoryRegistry } from '../ports/registry/memory.ts';
import { startAgents } from './agents.ts';

const sleeper = parseUnitFile('[Service]\nExecStart=/bin/sleep infinity\n');
const unitName = (n: number) => `u${n}.service` as UnitName;

/** What a change costs all machines together; also a run of what `npm run bench -- many` measures, tiny. */
const costOfChange = async (machines: number) => {
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  const registry = memoryRegistry(clock, store);
  const ids = Array.from({ length: machines }, (_, n) => `m${n}`);
  await using agents = await startAgents({ clock, log: memoryLog(), ids, open: async () => store.client() });
  await clock.advance(seconds(1));
  const units = 3 * machines;
  for (let n = 0; n < units; n += 1) await registry.putUnit(unitName(n), sleeper, 'launched');
  await clock.advance(seconds(1));
  expect((await registry.read()).states.filter(({ active }) => active === 'active')).toHaveLength(units);
  const { requests, heard } = agents.traffic;
  await registry.setTarget(unitName(1), 'loaded');
  await clock.advance(seconds(1));
  expect((await registry.read()).states.filter(({ active }) => active === 'active')).toHaveLength(units - 1);
  return { requests: agents.traffic.requests - requests, heard: agents.traffic.heard - heard };
};

it('a change costs the same in a cluster of three machines and of thirty', async () => {
  const small = await costOfChange(3);
  expect(small.requests).toBeLessThan(6);
  expect(await costOfChange(30)).toEqual(small);
});

it('when a leader goes, a few of a hundred campaign, and the others hear who won', async () => {
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  let leases = 0;
  const open = async () => {
    const client = store.client();
    const keepLease = client.keepLease.bind(client);
    client.keepLease = async (term) => {
      leases += 1;
      // The real one takes a round over its members.
      await clock.sleep(ms(3));
      return keepLease(term);
    };
    return client;
  };
  const ids = Array.from({ length: 100 }, (_, n) => `m${n}`);
  await using agents = await startAgents({ clock, log: memoryLog(), ids, open });
  await clock.advance(seconds(2));
  const leader = () => ids.find((id) => store.read('/_coreos.com/fleet/engine/leader')[0]?.value.includes(`"${id}"`));
  const before = leader();
  leases = 0;
  await agents.all.find(({ id }) => id === before)?.fleetd.end('hand-over');
  await clock.advance(ms(110));
  expect(leader()).not.toBe(before);
  expect(leader()).toBeDefined();
  expect(leases).toBeLessThan(15);
});
