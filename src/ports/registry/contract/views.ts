/** What a registry promises to those who look: one moment at a time, and every change that concerns them. */
import type { Work } from '../../../core/agent/types.ts';
import { seconds } from '../../../core/base/time.ts';
import type { Cluster, Snapshot } from '../../../core/cluster/types.ts';
import type { UnitHash, UnitName } from '../../../core/unit/types.ts';
import {
  aFile,
  aGlobalFile,
  aMachine,
  db,
  leads,
  m1,
  m2,
  type RegistryTest,
  stateOf,
  unschedule,
  web,
} from '../fixtures.ts';

export function reading(it: RegistryTest): void {
  it('sees what anybody wrote before it, at once and every time', async ({ here, there, expect }) => {
    for (let n = 0; n < 30; n++) {
      const unit = `u${n}.service` as UnitName;
      await here.putUnit(unit, aFile('/bin/u'), 'inactive');
      expect((await there.read()).units.map(({ name }) => name)).toContain(unit);
      expect((await here.read()).units).toHaveLength(1);
      await there.removeUnit(unit);
      expect((await here.read()).units).toEqual([]);
    }
  });

  it('never sees less than one before it, while others write and many read', async ({ here, there, expect }) => {
    let most = 0;
    const writing = (async () => {
      for (let n = 0; n < 40; n++) await here.putUnit(`u${n}.service` as UnitName, aFile('/bin/u'), 'inactive');
    })();
    const reading = async () => {
      while (most < 40) {
        const before = most;
        const { units } = await there.read();
        expect(units.length).toBeGreaterThanOrEqual(before);
        most = Math.max(most, units.length);
      }
    };
    await Promise.all([writing, reading(), reading(), reading()]);
  });

  it('shows one moment: never a placement without its unit, nor half of a transaction', async ({
    here,
    there,
    schedule,
    expect,
  }) => {
    await using leader = await leads(here, m1);
    let over = false;
    const reading = (async () => {
      while (!over) {
        const { units, placements } = await there.read();
        const known = new Set(units.map(({ name }) => name));
        for (const { unit } of placements) expect(known).toContain(unit);
      }
    })();
    for (let n = 0; n < 20; n++) {
      await here.putUnit(web, aFile('/bin/web'), 'launched');
      await leader.apply([await schedule(web, m1)]);
      await here.removeUnit(web);
    }
    over = true;
    await reading;
  });

  it('that was taken stays as it was', async ({ here, there, expect }) => {
    const before = await there.read();
    await here.putUnit(web, aFile('/bin/web'), 'inactive');
    expect((await there.read()).units).toHaveLength(1);
    expect(before.units).toEqual([]);
  });
}

export function work(it: RegistryTest): void {
  const nextWork = async (work: AsyncIterator<Work>): Promise<Work> => (await work.next()).value;

  it('is its placements, every global unit, their files and its metadata', async ({
    here,
    there,
    stop,
    hashOf,
    schedule,
    expect,
  }) => {
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    await here.putUnit('agent.service' as UnitName, aGlobalFile, 'launched');
    await here.setMetadata(m1, 'role', 'db');
    await using leader = await leads(here, m1);
    await leader.apply([await schedule(web, m1)]);
    const work = await nextWork(there.work(aMachine(m1, { disk: 'ssd' }), stop.signal)[Symbol.asyncIterator]());
    const hash = await hashOf(web);
    expect(work.placements).toEqual([{ unit: web, machine: m1, hash, target: 'launched' }]);
    expect(work.globals).toEqual([await here.unit('agent.service' as UnitName)]);
    expect([...work.files]).toEqual([[hash, aFile('/bin/web')]]);
    expect(work.metadata).toEqual({ disk: 'ssd', role: 'db' });
  });

  it('changes with every change that concerns the machine, and with no other', async ({
    here,
    there,
    stop,
    schedule,
    expect,
  }) => {
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    await here.putUnit(db, aFile('/bin/db'), 'launched');
    await using leader = await leads(here, m1);
    const works = there.work(aMachine(m1), stop.signal)[Symbol.asyncIterator]();
    expect((await nextWork(works)).placements).toEqual([]);
    const woken = nextWork(works);
    await using _other = await here.join(aMachine(m2), 'boot', seconds(60));
    await here.setMetadata(m2, 'role', 'db');
    await leader.apply([await schedule(db, m2)]);
    await leader.apply([await schedule(web, m1)]);
    expect((await woken).placements.map(({ unit }) => unit)).toEqual([web]);

    await here.setMetadata(m1, 'role', 'db');
    expect((await nextWork(works)).metadata).toEqual({ role: 'db' });
    await here.putUnit('agent.service' as UnitName, aGlobalFile, 'inactive');
    expect((await nextWork(works)).globals).toMatchObject([{ name: 'agent.service', target: 'inactive' }]);
    await here.setTarget('agent.service' as UnitName, 'launched');
    expect((await nextWork(works)).globals).toMatchObject([{ target: 'launched' }]);
    await here.putUnit('agent.service' as UnitName, aFile('/bin/not-global'), 'launched');
    expect((await nextWork(works)).globals).toEqual([]);
    await leader.apply([unschedule(web, m1)]);
    expect((await nextWork(works)).placements).toEqual([]);
  });

  it('ends when the signal aborts', async ({ there, stop, expect }) => {
    const works = there.work(aMachine(m1), stop.signal)[Symbol.asyncIterator]();
    await nextWork(works);
    const pending = works.next();
    stop.abort();
    expect((await pending).done).toBe(true);
  });
}

export function picture(it: RegistryTest): void {
  const nextPicture = async (pictures: AsyncIterator<Cluster>): Promise<Cluster> => (await pictures.next()).value;
  /** Watches of several ranges may tell of one transaction in two parts. */
  const until = async (pictures: AsyncIterator<Cluster>, seen: (cluster: Cluster) => boolean): Promise<Cluster> => {
    for (;;) {
      const picture = await nextPicture(pictures);
      if (seen(picture)) return picture;
    }
  };

  it('starts with everything, and follows every change of units, placements and machines', async ({
    here,
    there,
    stop,
    schedule,
    expect,
  }) => {
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    await using leader = await leads(here, m1);
    const pictures = there.cluster(stop.signal)[Symbol.asyncIterator]();
    const first = await nextPicture(pictures);
    expect(first).toMatchObject({ units: [{ name: web, file: aFile('/bin/web') }], placements: [], machines: [] });
    await here.putUnit(db, aFile('/bin/db'), 'loaded');
    await until(pictures, ({ units }) => units.some(({ name, file }) => name === db && file.length === 1));
    await using _m = await here.join(aMachine(m1), 'boot', seconds(60));
    await until(pictures, ({ machines }) => machines.length === 1);
    await here.setMetadata(m1, 'role', 'db');
    await until(pictures, ({ machines }) => machines[0]?.metadata['role'] === 'db');
    await leader.apply([await schedule(web, m1)]);
    await until(pictures, ({ placements }) => placements.length === 1);
    await here.setTarget(web, 'loaded');
    await until(pictures, ({ units }) => units.find(({ name }) => name === web)?.target === 'loaded');
    await here.removeUnit(web);
    const last = await until(pictures, ({ units, placements }) => units.length === 1 && placements.length === 0);
    expect(last.machines).toHaveLength(1);
    expect(first.units).toHaveLength(1);
    expect(first.placements).toHaveLength(0);
  });

  it('does not change with published states', async ({ here, there, stop, expect }) => {
    await using member = await here.join(aMachine(m1), 'boot', seconds(60));
    const pictures = there.cluster(stop.signal)[Symbol.asyncIterator]();
    await nextPicture(pictures);
    const woken = nextPicture(pictures);
    await member.publish([stateOf(web, m1, 'h' as UnitHash)], []);
    await here.putUnit(db, aFile('/bin/db'), 'loaded');
    expect((await woken).units).toHaveLength(1);
  });
}

export function changes(it: RegistryTest): void {
  it('are told once at the start and then after every kind of change', async ({
    here,
    there,
    stop,
    schedule,
    expect,
  }) => {
    await here.putUnit(web, aFile('/bin/web'), 'inactive');
    const changes = there.changes(stop.signal)[Symbol.asyncIterator]();
    await changes.next();
    await using leader = await leads(here, m1);
    const joined = changes.next();
    await using member = await here.join(aMachine(m1), 'boot', seconds(60));
    await joined;
    const steps: (() => Promise<unknown>)[] = [
      () => here.putUnit(db, aFile('/bin/db'), 'launched'),
      () => here.setTarget(web, 'launched'),
      async () => leader.apply([await schedule(web, m1)]),
      () => here.setMetadata(m1, 'role', 'db'),
      () => here.removeUnit(db),
      () => member.publish([stateOf(web, m1, 'h' as UnitHash)], []),
      () => member.publish([], [web]),
    ];
    for (const step of steps) {
      const told = changes.next();
      await step();
      expect((await told).done).toBe(false);
    }
  });

  it('are told to all who listen, also to one that came late and one that others leave behind', async ({
    here,
    there,
    stop,
    expect,
  }) => {
    const leaving = new AbortController();
    const [first, second] = [leaving.signal, stop.signal].map((signal) =>
      there.changes(signal)[Symbol.asyncIterator](),
    ) as [AsyncIterator<void>, AsyncIterator<void>];
    await Promise.all([first.next(), second.next()]);
    await here.putUnit(web, aFile('/bin/web'), 'inactive');
    await Promise.all([first.next(), second.next()]);
    const late = there.changes(stop.signal)[Symbol.asyncIterator]();
    await late.next();
    leaving.abort();
    while (!(await first.next()).done);
    await here.setTarget(web, 'launched');
    for (const one of [second, late]) expect((await one.next()).done).toBe(false);
  });

  it('are never told before a read can see them', async ({ here, there, stop, expect }) => {
    const changes = there.changes(stop.signal)[Symbol.asyncIterator]();
    await changes.next();
    for (let n = 0; n < 20; n++) {
      const unit = `u${n}.service` as UnitName;
      const told = changes.next();
      await here.putUnit(unit, aFile('/bin/u'), 'inactive');
      await told;
      expect((await there.read()).units.map(({ name }) => name)).toContain(unit);
    }
  });

  it('end when the signal aborts', async ({ there, stop, expect }) => {
    const changes = there.changes(stop.signal)[Symbol.asyncIterator]();
    await changes.next();
    const pending = changes.next();
    stop.abort();
    expect((await pending).done).toBe(true);
  });
}

export function snapshots(it: RegistryTest): void {
  it('begin with what anybody has written before, and follow every change', async ({
    here,
    there,
    stop,
    schedule,
    expect,
  }) => {
    await using leader = await leads(here, m1);
    await using member = await here.join(aMachine(m1), 'boot', seconds(60));
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    const snapshots = there.snapshots(stop.signal)[Symbol.asyncIterator]();
    const next = async () => (await snapshots.next()).value as Snapshot;
    expect((await next()).units.map(({ name, target }) => [name, target])).toEqual([[web, 'launched']]);
    const becomes = async (wanted: (snapshot: Snapshot) => boolean) => {
      while (!wanted(await next()));
    };
    await leader.apply([await schedule(web, m1)]);
    await becomes(({ placements }) => placements[0]?.machine === m1);
    await member.publish([stateOf(web, m1, 'h' as UnitHash)], []);
    await becomes(({ states }) => states[0]?.active === 'active');
    await here.removeUnit(web);
    await becomes(({ units, placements }) => units.length + placements.length === 0);
  });

  it('never go back', async ({ here, there, stop, expect }) => {
    await here.putUnit(web, aFile('/bin/web'), 'inactive');
    const seen: number[] = [];
    const follow = async () => {
      for await (const { units } of there.snapshots(stop.signal)) {
        seen.push(units.length);
        if (units.length === 21) return;
      }
    };
    const following = follow();
    for (let n = 0; n < 20; n++) await here.putUnit(`u${n}.service` as UnitName, aFile('/bin/u'), 'inactive');
    await following;
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it('end when the signal aborts', async ({ there, stop, expect }) => {
    const snapshots = there.snapshots(stop.signal)[Symbol.asyncIterator]();
    expect((await snapshots.next()).done).toBe(false);
    stop.abort();
    // What was there to be told already may still come.
    while (!(await snapshots.next()).done);
  });
}
