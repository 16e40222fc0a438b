/** What every fleet API promises its clients. */
import { describe, expect, it } from 'vitest';
import { ApiRefused } from '../../core/errors/fleet-api.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { parseUnitFile, unitName } from '../../core/unit/index.ts';
import type { FleetApi } from './index.ts';
import { MemoryFleetApi, obedient } from './memory.ts';

export interface ApiUnderTest extends AsyncDisposable {
  readonly api: FleetApi;
}

/** @param make puts the API under test in front of a cluster that a test plays */
export function fleetApiContract(name: string, make: (cluster: MemoryFleetApi) => Promise<ApiUnderTest>): void {
  const web = unitName('web@1.service');
  const sleep = parseUnitFile('[Service]\nExecStart=/usr/bin/sleep 10\nX=\n');

  describe(`${name} keeps the promise of a fleet API`, () => {
    it('keeps a unit as it was put, inactive', async () => {
      await using tested = await make(new MemoryFleetApi());
      await tested.api.putUnit(web, sleep);
      expect(await tested.api.unit(web)).toEqual({
        name: web,
        options: sleep,
        desired: 'inactive',
        current: 'inactive',
        machine: undefined,
      });
    });

    it('knows no unit that nobody put', async () => {
      await using tested = await make(new MemoryFleetApi());
      expect(await tested.api.unit(web)).toBeUndefined();
      expect(await tested.api.units()).toEqual([]);
      expect(await tested.api.removeUnit(web)).toBe(false);
    });

    it('sets the target state and shows where the unit went', async () => {
      const cluster = new MemoryFleetApi();
      cluster.whenTargeted = obedient('m1');
      await using tested = await make(cluster);
      await tested.api.putUnit(web, sleep);
      await tested.api.setTarget(web, 'launched');
      expect(await tested.api.unit(web)).toMatchObject({ desired: 'launched', current: 'launched', machine: 'm1' });
    });

    it('replaces the file of a unit, which then is inactive', async () => {
      await using tested = await make(new MemoryFleetApi());
      await tested.api.putUnit(web, sleep);
      await tested.api.setTarget(web, 'loaded');
      const longer = parseUnitFile('[Service]\nExecStart=/usr/bin/sleep 2000\n');
      await tested.api.putUnit(web, longer);
      expect(await tested.api.unit(web)).toMatchObject({ options: longer, desired: 'inactive' });
    });

    it('removes a unit once', async () => {
      await using tested = await make(new MemoryFleetApi());
      await tested.api.putUnit(web, sleep);
      expect(await tested.api.removeUnit(web)).toBe(true);
      expect(await tested.api.removeUnit(web)).toBe(false);
    });

    it('passes on what the server refuses, in its words', async () => {
      await using tested = await make(new MemoryFleetApi());
      const template = unitName('web@.service');
      await tested.api.putUnit(template, sleep);
      const refused = await tested.api.setTarget(template, 'launched').catch((cause: unknown) => cause);
      expect(refused).toBeInstanceOf(ApiRefused);
      expect(String(refused)).toContain('googleapi: Error 400: cannot activate template "web@.service"');
    });

    it.each([true, false])('puts many units in order (at once: %s)', async (takesBatches) => {
      const cluster = new MemoryFleetApi();
      cluster.takesBatches = takesBatches;
      await using tested = await make(cluster);
      const names = Array.from({ length: 250 }, (_, n) => unitName(`web@${1_000 + n}.service`));
      expect(await tested.api.putUnits(names.map((name) => ({ name, options: sleep })))).toEqual({ done: 250 });
      expect(await tested.api.putUnits(names.map((name) => ({ name, desired: 'loaded' })))).toEqual({ done: 250 });
      const units = await tested.api.units();
      expect(units.map(({ name, desired }) => [name, desired])).toEqual(names.map((name) => [name, 'loaded']));
    });

    it.each([true, false])('puts many units up to the one that is refused (at once: %s)', async (takesBatches) => {
      const cluster = new MemoryFleetApi();
      cluster.takesBatches = takesBatches;
      await using tested = await make(cluster);
      const template = unitName('web@.service');
      await tested.api.putUnits([template, web].map((name) => ({ name, options: sleep })));
      const requests = [web, template].map((name) => ({ name, desired: 'launched' as const }));
      const { done, failure } = await tested.api.putUnits(requests);
      expect(done).toBe(1);
      expect(String(failure)).toContain('googleapi: Error 400: cannot activate template "web@.service"');
      expect(await tested.api.unit(web)).toMatchObject({ desired: 'launched' });
    });

    it('lists everything, however many pages it takes, in order', async () => {
      const cluster = new MemoryFleetApi();
      const numbers = ['5', '3', '1', '4', '2'];
      for (const number of numbers) cluster.join(`m${number}`, `10.0.0.${number}`, { rack: number });
      await using tested = await make(cluster);
      for (const number of numbers) {
        await tested.api.putUnit(unitName(`web@${number}.service`), sleep);
        cluster.report(`web@${number}.service`, `m${number}`, ['loaded', 'active', 'running']);
      }
      const inOrder = numbers.toSorted();
      expect((await tested.api.units()).map((unit) => unit.name)).toEqual(inOrder.map((n) => `web@${n}.service`));
      expect((await tested.api.states()).map((state) => state.machine)).toEqual(inOrder.map((n) => `m${n}`));
      expect(await tested.api.machines()).toEqual(
        inOrder.map((n) => ({ id: `m${n}`, publicIp: `10.0.0.${n}`, metadata: { rack: n } })),
      );
    });

    it('tells the states of one unit on all its machines', async () => {
      const cluster = new MemoryFleetApi();
      for (const machine of ['m1', 'm2', 'm3']) cluster.report(web, machine, ['loaded', 'active', 'running']);
      cluster.report('other.service', 'm1', ['loaded', 'failed', 'failed']);
      await using tested = await make(cluster);
      const states = await tested.api.states(web);
      expect(states.map(({ unit, machine }) => `${unit} ${machine}`)).toEqual([`${web} m1`, `${web} m2`, `${web} m3`]);
    });

    it('sets and hides metadata of machines', async () => {
      const cluster = new MemoryFleetApi();
      cluster.join('m1', '', { rack: '1', disk: 'ssd' });
      await using tested = await make(cluster);
      const machine = 'm1' as MachineId;
      await tested.api.setMetadata([
        { machine, key: 'rack', value: '2' },
        { machine, key: 'disk', value: undefined },
      ]);
      expect((await tested.api.machines())[0]?.metadata).toEqual({ rack: '2' });
    });

    it('tells of changes: once at the start, then after each, until told to stop', async () => {
      await using tested = await make(new MemoryFleetApi());
      const stop = new AbortController();
      const changes = (await tested.api.changes(stop.signal))?.[Symbol.asyncIterator]();
      expect((await changes?.next())?.done).toBe(false);
      await tested.api.putUnit(web, sleep);
      expect((await changes?.next())?.done).toBe(false);
      stop.abort();
      expect((await changes?.next())?.done).toBe(true);
    });

    it('says so when there is no stream of changes', async () => {
      const cluster = new MemoryFleetApi();
      cluster.streamsChanges = false;
      await using tested = await make(cluster);
      expect(await tested.api.changes(new AbortController().signal)).toBeUndefined();
    });
  });
}
