import { expect, it } from 'vitest';
import { fleetApiContract } from './contract.ts';
import { played } from './fixtures.ts';
import { MemoryFleetApi } from './memory.ts';

fleetApiContract('the API in memory', async () => {
  const api = new MemoryFleetApi();
  return { api, cluster: played(api), [Symbol.asyncDispose]: async () => {} };
});

it('merges the changes that come while nobody looks', async () => {
  const api = new MemoryFleetApi();
  const stop = new AbortController();
  const changes = (await api.changes(stop.signal))?.[Symbol.asyncIterator]();
  await changes?.next();
  for (const machine of ['m1', 'm2', 'm3']) api.join(machine);
  expect((await changes?.next())?.done).toBe(false);
  const another = changes?.next();
  stop.abort();
  expect((await another)?.done).toBe(true);
});
