/** What every fleet API promises its clients. */
import { describe, expect, it } from 'vitest';
import type { ApiUnit, ApiUnitState } from '../../core/api/entities.ts';
import type { UnitNews } from '../../core/api/follow.ts';
import { ApiRefused } from '../../core/errors/fleet-api.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { parseUnitFile, unitName } from '../../core/unit/index.ts';
import type { FleetApi } from './index.ts';

export interface ApiUnderTest extends AsyncDisposable {
  readonly api: FleetApi;
  /** What is behind it, which a test plays. */
  readonly cluster: PlayedCluster;
}

export interface PlayedCluster {
  /** A machine joins. */
  join(machine: string, publicIp?: string, metadata?: Readonly<Record<string, string>>): Promise<void>;
  /** A machine reports systemd's load, active and sub state of a unit; it has joined, or does so. */
  report(unit: string, machine: string, states: readonly [load: string, active: string, sub: string]): Promise<void>;
  /** The cluster puts the unit on the machine, which does what is asked of the unit. */
  obey(unit: string, machine: string): Promise<void>;
}

export interface Promised {
  /** False for fleet's own daemon, which has no stream of changes. */
  readonly streamsChanges?: boolean;
}

export function fleetApiContract(
  name: string,
  make: () => Promise<ApiUnderTest>,
  { streamsChanges = true }: Promised = {},
): void {
  const web = unitName('web@1.service');
  const sleep = parseUnitFile('[Service]\nExecStart=/usr/bin/sleep 10\nX=\n');

  describe(`${name} keeps the promise of a fleet API`, () => {
    it('keeps a unit as it was put, inactive', async () => {
      await using tested = await make();
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
      await using tested = await make();
      expect(await tested.api.unit(web)).toBeUndefined();
      expect(await tested.api.units()).toEqual([]);
      expect(await tested.api.removeUnit(web)).toBe(false);
    });

    it('sets the target state and shows where the unit went', async () => {
      await using tested = await make();
      await tested.api.putUnit(web, sleep);
      await tested.api.setTarget(web, 'launched');
      await tested.cluster.obey(web, 'm1');
      expect(await tested.api.unit(web)).toMatchObject({ desired: 'launched', current: 'launched', machine: 'm1' });
    });

    it('replaces the file of a unit, which then is inactive', async () => {
      await using tested = await make();
      await tested.api.putUnit(web, sleep);
      await tested.api.setTarget(web, 'loaded');
      const longer = parseUnitFile('[Service]\nExecStart=/usr/bin/sleep 2000\n');
      await tested.api.putUnit(web, longer);
      expect(await tested.api.unit(web)).toMatchObject({ options: longer, desired: 'inactive' });
    });

    it('removes a unit once', async () => {
      await using tested = await make();
      await tested.api.putUnit(web, sleep);
      expect(await tested.api.removeUnit(web)).toBe(true);
      expect(await tested.api.removeUnit(web)).toBe(false);
    });

    it('passes on what the server refuses, in its words', async () => {
      await using tested = await make();
      const template = unitName('web@.service');
      await tested.api.putUnit(template, sleep);
      const refused = await tested.api.setTarget(template, 'launched').catch((cause: unknown) => cause);
      expect(refused).toBeInstanceOf(ApiRefused);
      expect(String(refused)).toContain('googleapi: Error 400: cannot activate template "web@.service"');
    });

    it('puts many units in order', async () => {
      await using tested = await make();
      const names = Array.from({ length: 250 }, (_, n) => unitName(`web@${1_000 + n}.service`));
      expect(await tested.api.putUnits(names.map((name) => ({ name, options: sleep })))).toEqual({ done: 250 });
      expect(await tested.api.putUnits(names.map((name) => ({ name, desired: 'loaded' })))).toEqual({ done: 250 });
      const units = await tested.api.units();
      expect(units.map(({ name, desired }) => [name, desired])).toEqual(names.map((name) => [name, 'loaded']));
    });

    it('puts many units up to the one that is refused', async () => {
      await using tested = await make();
      const template = unitName('web@.service');
      await tested.api.putUnits([template, web].map((name) => ({ name, options: sleep })));
      const requests = [web, template].map((name) => ({ name, desired: 'launched' as const }));
      const { done, failure } = await tested.api.putUnits(requests);
      expect(done).toBe(1);
      expect(String(failure)).toContain('googleapi: Error 400: cannot activate template "web@.service"');
      expect(await tested.api.unit(web)).toMatchObject({ desired: 'launched' });
    });

    it('lists everything, however many pages it takes, in order', async () => {
      await using tested = await make();
      const numbers = ['5', '3', '1', '4', '2'];
      for (const number of numbers) {
        await tested.cluster.join(`m${number}`, `10.0.0.${number}`, { rack: number });
        await tested.api.putUnit(unitName(`web@${number}.service`), sleep);
        await tested.cluster.report(`web@${number}.service`, `m${number}`, ['loaded', 'active', 'running']);
      }
      const inOrder = numbers.toSorted();
      expect((await tested.api.units()).map((unit) => unit.name)).toEqual(inOrder.map((n) => `web@${n}.service`));
      expect((await tested.api.states()).map((state) => state.machine)).toEqual(inOrder.map((n) => `m${n}`));
      expect(await tested.api.machines()).toEqual(
        inOrder.map((n) => ({ id: `m${n}`, publicIp: `10.0.0.${n}`, metadata: { rack: n } })),
      );
    });

    it('tells the states of one unit on all its machines', async () => {
      await using tested = await make();
      const { api, cluster } = tested;
      await api.putUnits([web, unitName('other.service')].map((name) => ({ name, options: sleep })));
      for (const machine of ['m1', 'm2', 'm3']) await cluster.report(web, machine, ['loaded', 'active', 'running']);
      await cluster.report('other.service', 'm1', ['loaded', 'failed', 'failed']);
      const states = await tested.api.states(web);
      expect(states.map(({ unit, machine }) => `${unit} ${machine}`)).toEqual([`${web} m1`, `${web} m2`, `${web} m3`]);
    });

    it('sets and hides metadata of machines', async () => {
      await using tested = await make();
      await tested.cluster.join('m1', '', { rack: '1', disk: 'ssd' });
      const machine = 'm1' as MachineId;
      await tested.api.setMetadata([
        { machine, key: 'rack', value: '2' },
        { machine, key: 'disk', value: undefined },
      ]);
      expect((await tested.api.machines())[0]?.metadata).toEqual({ rack: '2' });
    });

    it('keeps a global unit without a machine or a state of its own', async () => {
      await using tested = await make();
      const everywhere = parseUnitFile('[Service]\nExecStart=/bin/true\n[X-Fleet]\nGlobal=true\n');
      await tested.api.putUnit(web, everywhere);
      await tested.api.setTarget(web, 'launched');
      expect(await tested.api.unit(web)).toMatchObject({ desired: 'launched', current: undefined, machine: undefined });
      expect(await tested.api.units()).toMatchObject([{ current: 'inactive', machine: undefined }]);
    });

    if (streamsChanges) {
      it('tells of changes: once at the start, then after each, until told to stop', async () => {
        await using tested = await make();
        const stop = new AbortController();
        const changes = (await tested.api.changes(stop.signal))?.[Symbol.asyncIterator]();
        expect((await changes?.next())?.done).toBe(false);
        await tested.api.putUnit(web, sleep);
        expect((await changes?.next())?.done).toBe(false);
        stop.abort();
        // A change that was told of already may still be on its way.
        for (;;) if ((await changes?.next())?.done !== false) break;
      });

      it('tells followers of units all that there is, then what is new, until told to stop', async () => {
        await using tested = await make();
        const { api, cluster } = tested;
        const stop = new AbortController();
        await api.putUnits([web, unitName('other.service')].map((name) => ({ name, options: sleep })));
        const followed = (await api.follow([web], stop.signal)) as AsyncIterable<UnitNews>;
        const news = followed[Symbol.asyncIterator]();
        const about = async (holds: (unit: ApiUnit | undefined, states: readonly ApiUnitState[]) => boolean) => {
          while (!holds(units.get(web), [...states.values()])) {
            const { value, done } = await news.next();
            if (done) throw new Error('the news ended');
            for (const unit of value.units) units.set(unit.name, unit);
            for (const name of value.removed) units.delete(name);
            for (const state of value.states) states.set(`${state.unit} ${state.machine}`, state);
            for (const { unit, machine } of value.retracted) states.delete(`${unit} ${machine}`);
          }
        };
        const units = new Map<string, ApiUnit>();
        const states = new Map<string, ApiUnitState>();
        await about((unit) => unit?.desired === 'inactive');
        expect(units.get(web)?.options).toEqual(sleep);
        await api.setTarget(web, 'launched');
        await cluster.obey(web, 'm1');
        await about((unit, [state]) => unit?.current === 'launched' && state?.sub === 'running');
        expect(units.get(web)).toMatchObject({ desired: 'launched', machine: 'm1' });
        await cluster.report(web, 'm1', ['loaded', 'failed', 'failed']);
        await about((_unit, [state]) => state?.active === 'failed');
        await api.removeUnit(web);
        await about((unit) => unit === undefined);
        stop.abort();
        for (;;) if ((await news.next()).done) break;
      });
    } else {
      it('says so when there are no streams', async () => {
        await using tested = await make();
        const { signal } = new AbortController();
        expect(await tested.api.changes(signal)).toBeUndefined();
        expect(await tested.api.follow([web], signal)).toBeUndefined();
      });
    }
  });
}
