import { expect, it } from 'vitest';
import { containersContract } from './contract.ts';
import { memoryContainers } from './memory.ts';

containersContract('the twin', async () => {
  const containers = memoryContainers();
  return {
    containers,
    start: async (facts) => containers.start(facts),
    kill: async (id) => containers.die(id, 137),
    remove: async (id) => containers.remove(id),
    [Symbol.asyncDispose]: async () => containers.close(),
  };
});

it('ends its streams and answers nothing while the engine is away', async () => {
  const containers = memoryContainers();
  const events = await containers.events(new AbortController().signal);
  const id = containers.start();
  containers.close();
  const seen: string[] = [];
  for await (const { kind } of events) seen.push(kind);
  expect(seen).toEqual(['start', 'die']);
  await expect(containers.inspect(id)).rejects.toMatchObject({ code: 'CONTAINERS_UNREACHABLE' });
  containers.open();
  expect(await containers.list()).toEqual([]);
});
