/** What every view of a machine's containers promises. */
import { describe, expect, it } from 'vitest';
import { worldPerTest } from '../../testing/world-per-test.ts';
import type { ContainerEvent, ContainerFacts, Containers } from './index.ts';

export interface ContainersUnderTest extends AsyncDisposable {
  readonly containers: Containers;
  /** Starts a container that runs until it is told otherwise. @returns its id */
  start(facts: Pick<ContainerFacts, 'name' | 'environment' | 'labels' | 'exposed'>): Promise<string>;
  /** Ends it by a signal that it cannot ignore. */
  kill(id: string): Promise<void>;
  remove(id: string): Promise<void>;
}

export function containersContract(name: string, make: () => Promise<ContainersUnderTest>): void {
  describe(`${name} keeps the promise of containers`, () => {
    const test = worldPerTest(make);
    const bare = { name: 'devcluster-contract', environment: [], labels: {}, exposed: [] };

    it('tells of a start and a death, in order, from the moment it listens', async () => {
      const events = await test.world.containers.events(test.stop.signal);
      const id = await test.world.start(bare);
      await test.world.kill(id);
      // Read only now: nothing may have been lost meanwhile.
      const seen: ContainerEvent[] = [];
      for await (const event of events) {
        if (event.id === id) seen.push(event);
        if (seen.length === 2) break;
      }
      expect(seen).toEqual([
        { kind: 'start', id },
        { kind: 'die', id, exitCode: 137 },
      ]);
    });

    it('ends the stream when told to stop', async () => {
      const events = await test.world.containers.events(test.stop.signal);
      const reading = (async () => {
        for await (const event of events) void event;
      })();
      test.stop.abort();
      await expect(reading).resolves.toBeUndefined();
    });

    it('lists what runs, and nothing else', async () => {
      const id = await test.world.start(bare);
      expect(await test.world.containers.list()).toContain(id);
      await test.world.kill(id);
      expect(await test.world.containers.list()).not.toContain(id);
    });

    it('knows the facts that registration needs', async () => {
      const id = await test.world.start({
        name: 'devcluster-contract-facts',
        environment: ['SERVICE_NAME=web', 'SERVICE_ID=web-1'],
        labels: { SERVICE_TAGS: 'a' },
        exposed: ['8080/tcp', '53/udp'],
      });
      const facts = await test.world.containers.inspect(id);
      expect(facts).toMatchObject({
        id,
        name: 'devcluster-contract-facts',
        labels: { SERVICE_TAGS: 'a' },
        running: true,
        exitCode: 0,
      });
      expect(facts?.environment).toEqual(expect.arrayContaining(['SERVICE_NAME=web', 'SERVICE_ID=web-1']));
      expect(facts?.exposed).toEqual(expect.arrayContaining(['53/udp', '8080/tcp']));
    });

    it('finds a container by its name, as `--network container:<name>` gives it', async () => {
      const id = await test.world.start(bare);
      expect(await test.world.containers.inspect(bare.name)).toMatchObject({ id });
    });

    it('remembers how a container ended, until it is removed', async () => {
      const id = await test.world.start(bare);
      await test.world.kill(id);
      expect(await test.world.containers.inspect(id)).toMatchObject({ running: false, exitCode: 137 });
      await test.world.remove(id);
      expect(await test.world.containers.inspect(id)).toBeUndefined();
    });
  });
}
