/** What every unit manager promises: called with the twin, and with a real systemd inside a machine. */
import { afterEach, describe, expect, it } from 'vitest';
import type { UnitFile, UnitHash, UnitName } from '../../core/unit/types.ts';
import type { ManagedUnit, UnitManager } from './index.ts';

export interface ManagerUnderTest {
  /** A manager on the machine, as a fresh process of ours would open it. */
  open(): Promise<UnitManager>;
  /** The hash of a unit file. */
  hashOf(file: UnitFile): UnitHash;
}

const sections: Readonly<Record<string, string>> = { WantedBy: 'Install', Global: 'X-Fleet' };
const service = (...lines: readonly string[]): UnitFile =>
  lines.map((line) => {
    const [name = '', value = ''] = line.split(/=(.*)/s);
    return { section: sections[name] ?? 'Service', name, value };
  });

const longRunning = service('ExecStart=/bin/sleep 1000');
const slowToStop = service('ExecStart=/bin/sleep 1000', 'ExecStop=/bin/sleep 0.2');
/** Long enough that nobody can miss it running. */
const oneTask = service('Type=oneshot', 'ExecStart=/bin/sleep 0.5');
const settled = service('Type=oneshot', 'RemainAfterExit=yes', 'ExecStart=/bin/true');
const failing = service('Type=oneshot', 'ExecStart=/bin/false');
const stubborn = service('ExecStart=/bin/sleep 1000', 'ExecStop=/bin/sleep 1000', 'TimeoutStopSec=infinity');
const everywhere = service('ExecStart=/bin/sleep 1000', 'Global=true');
const incomplete = service('Restart=always');

export function unitManagerContract(name: string, world: ManagerUnderTest): void {
  describe(`${name} keeps the promise of a unit manager`, () => {
    const open: UnitManager[] = [];
    const managerOf = async () => {
      const manager = await world.open();
      open.push(manager);
      return manager;
    };
    afterEach(async () => {
      for (const manager of open.splice(0)) {
        for (const unit of manager.units()) await manager.unload(unit.name).catch(() => {});
        await manager[Symbol.asyncDispose]();
      }
    });
    let count = 0;
    /** A name of its own for every test, since a real systemd may remember the last one for a moment. */
    const fresh = (stem = 'contract') => `${stem}-${process.pid}-${++count}.service` as UnitName;

    const loaded = async (manager: UnitManager, unit: UnitName, file: UnitFile) => {
      await manager.load(unit, file, world.hashOf(file));
      await manager.reload();
    };
    const find = (manager: UnitManager, unit: UnitName) => manager.unit(unit);

    /** Waits on changes, never on time. */
    const until = async (manager: UnitManager, unit: UnitName, wanted: (unit: ManagedUnit) => boolean) => {
      const stop = new AbortController();
      const now = find(manager, unit);
      if (now !== undefined && wanted(now)) return now;
      for await (const _names of manager.changes(stop.signal)) {
        const changed = find(manager, unit);
        if (changed !== undefined && wanted(changed)) return changed;
      }
      throw new Error('the changes ended');
    };

    const finish = async (manager: UnitManager, unit: UnitName) => {
      await until(manager, unit, ({ active }) => active === 'activating');
      return until(manager, unit, ({ active }) => active === 'inactive');
    };

    it('shows a loaded unit as loaded and not running', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, longRunning);
      expect(find(manager, unit)).toMatchObject({
        hash: world.hashOf(longRunning),
        loaded: true,
        launched: false,
        load: 'loaded',
        active: 'inactive',
        sub: 'dead',
      });
    });

    it('starts a unit and says when it runs', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, longRunning);
      await manager.start(unit);
      const running = await until(manager, unit, ({ active }) => active === 'active');
      expect(running).toMatchObject({ launched: true, load: 'loaded', sub: 'running' });
    });

    it('tells the names of units that changed', async () => {
      const manager = await managerOf();
      const unit = fresh();
      const stop = new AbortController();
      const changes = manager.changes(stop.signal)[Symbol.asyncIterator]();
      await loaded(manager, unit, longRunning);
      const { value } = await changes.next();
      expect([...(value ?? [])]).toEqual([unit]);
      stop.abort();
      expect((await changes.next()).done).toBe(true);
    });

    it('stops a unit, resolves once it has stopped, and keeps its file', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, slowToStop);
      await manager.start(unit);
      await until(manager, unit, ({ active }) => active === 'active');
      await manager.stop(unit);
      expect(find(manager, unit)).toMatchObject({ loaded: true, launched: false, active: 'inactive', sub: 'dead' });
    });

    it('stops a unit that does not run without complaint', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, longRunning);
      await manager.stop(unit);
      expect(find(manager, unit)).toMatchObject({ launched: false, active: 'inactive' });
    });

    it('ends a unit at once that does not stop, and the stop that waits for it', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, stubborn);
      await manager.start(unit);
      await until(manager, unit, ({ active }) => active === 'active');
      const stopped = manager.stop(unit);
      await until(manager, unit, ({ active }) => active === 'deactivating');
      await manager.kill(unit);
      await stopped;
      await until(manager, unit, ({ active }) => active === 'failed' || active === 'inactive');
      expect(find(manager, unit)).toMatchObject({ launched: false });
      await manager.kill(unit);
    });

    it('takes a unit that was killed for one that is not launched', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, longRunning);
      await manager.start(unit);
      await until(manager, unit, ({ active }) => active === 'active');
      await manager.kill(unit);
      expect(await until(manager, unit, ({ active }) => active === 'failed')).toMatchObject({ launched: false });
    });

    it('lists units by name, and knows which of them ask for every machine, also after a restart of ours', async () => {
      const first = await managerOf();
      const [here, all] = [fresh('b'), fresh('a')];
      await loaded(first, here, longRunning);
      await loaded(first, all, everywhere);
      const second = await managerOf();
      for (const manager of [first, second]) {
        expect(manager.units().map(({ name, global }) => [name, global])).toEqual([
          [all, true],
          [here, false],
        ]);
      }
    });

    it('follows a unit that ends by itself, well or badly, without starting it again', async () => {
      const manager = await managerOf();
      const [done, stays, fails] = [fresh(), fresh(), fresh()];
      await manager.load(done, oneTask, world.hashOf(oneTask));
      await manager.load(stays, settled, world.hashOf(settled));
      await manager.load(fails, failing, world.hashOf(failing));
      await manager.reload();
      await Promise.all([manager.start(done), manager.start(stays), manager.start(fails)]);
      await finish(manager, done);
      await until(manager, fails, ({ active }) => active === 'failed');
      await until(manager, stays, ({ sub }) => sub === 'exited');
      expect(find(manager, done)).toMatchObject({ launched: true, sub: 'dead' });
      expect(find(manager, fails)).toMatchObject({ launched: true, sub: 'failed' });
    });

    it('removes every trace of an unloaded unit, also of a failed one', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, failing);
      await manager.start(unit);
      await until(manager, unit, ({ active }) => active === 'failed');
      await manager.unload(unit);
      expect(find(manager, unit)).toBeUndefined();
      await expect(manager.start(unit)).rejects.toMatchObject({ code: 'SYSTEMD_REFUSED' });
      const later = await managerOf();
      expect(find(later, unit)).toBeUndefined();
    });

    it('runs the new version after a unit was replaced under the same name', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, longRunning);
      await manager.start(unit);
      await until(manager, unit, ({ active }) => active === 'active');
      await manager.unload(unit);
      await loaded(manager, unit, settled);
      await manager.start(unit);
      const replaced = await until(manager, unit, ({ sub }) => sub === 'exited');
      expect(replaced.hash).toBe(world.hashOf(settled));
    });

    it('shows what systemd says of a file that it cannot use, and refuses to start it', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, incomplete);
      await until(manager, unit, ({ load }) => load === 'bad-setting');
      await expect(manager.start(unit)).rejects.toMatchObject({ code: 'SYSTEMD_REFUSED' });
      expect(find(manager, unit)).toMatchObject({ launched: false });
    });

    it('takes over running units after a restart of ours, untouched, and knows what was launched', async () => {
      const first = await managerOf();
      const [running, finished, idle] = [fresh(), fresh(), fresh()];
      await first.load(running, longRunning, world.hashOf(longRunning));
      await first.load(finished, oneTask, world.hashOf(oneTask));
      await first.load(idle, oneTask, world.hashOf(oneTask));
      await first.reload();
      await Promise.all([first.start(running), first.start(finished)]);
      await finish(first, finished);
      await until(first, running, ({ active, launched }) => active === 'active' && launched);
      await first[Symbol.asyncDispose]();

      const second = await managerOf();
      expect(find(second, running)).toMatchObject({
        hash: world.hashOf(longRunning),
        loaded: true,
        launched: true,
        active: 'active',
        sub: 'running',
      });
      expect(find(second, finished)).toMatchObject({ launched: true, active: 'inactive' });
      expect(find(second, idle)).toMatchObject({ loaded: true, launched: false, active: 'inactive' });
      await second.stop(running);
      expect(find(second, running)).toMatchObject({ launched: false, active: 'inactive' });
    });

    it('enables a unit with an [Install] section and disables it again', async () => {
      const manager = await managerOf();
      const unit = fresh();
      await loaded(manager, unit, service('ExecStart=/bin/sleep 1000', 'WantedBy=multi-user.target'));
      await manager.start(unit);
      await until(manager, unit, ({ active }) => active === 'active');
      await manager.unload(unit);
      expect(find(manager, unit)).toBeUndefined();
    });

    it('shows what systemd says of one unusable file among many', async () => {
      const manager = await managerOf();
      const units = Array.from({ length: 20 }, () => fresh('few'));
      const bad = fresh('bad');
      for (const unit of units) await manager.load(unit, settled, world.hashOf(settled));
      await manager.load(bad, incomplete, world.hashOf(incomplete));
      await manager.reload();
      await Promise.all(units.map((unit) => manager.start(unit)));
      await until(manager, bad, ({ load }) => load === 'bad-setting');
      expect(units.map((unit) => find(manager, unit)?.load)).toEqual(units.map(() => 'loaded'));
    });

    it('carries many units at once', async () => {
      const manager = await managerOf();
      const units = Array.from({ length: 150 }, () => fresh('many'));
      await Promise.all(units.map((unit) => manager.load(unit, settled, world.hashOf(settled))));
      await manager.reload();
      await Promise.all(units.map((unit) => manager.start(unit)));
      for (const unit of units) await until(manager, unit, ({ sub }) => sub === 'exited');
      await Promise.all(units.map((unit) => manager.unload(unit)));
      expect(manager.units().filter(({ name }) => units.includes(name))).toEqual([]);
    });

    it('has no pending job of its own while nobody restarts it', async () => {
      const manager = await managerOf();
      expect(await manager.ownJob()).toBeUndefined();
    });
  });
}
