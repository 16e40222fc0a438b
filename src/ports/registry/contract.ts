/** What every registry promises. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Work } from '../../core/agent/types.ts';
import { type Millis, seconds } from '../../core/base/time.ts';
import type { Cluster, UnitState } from '../../core/cluster/types.ts';
import { LeadershipLost, MachineIdTaken, MembershipLost } from '../../core/errors/registry.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import type { Decision } from '../../core/scheduler/types.ts';
import type { TargetState, UnitFile, UnitHash, UnitName } from '../../core/unit/types.ts';
import type { Clock } from '../clock/index.ts';
import type { Leadership, Registry } from './index.ts';

export interface RegistryUnderTest extends AsyncDisposable {
  readonly clock: Clock;
  /** Two clients of one empty registry. */
  readonly here: Registry;
  readonly there: Registry;
  /** Makes `duration` pass. */
  readonly pass: (duration: Millis) => Promise<void>;
}

const web = 'web.service' as UnitName;
const db = 'db.service' as UnitName;
const m1 = 'm1' as MachineId;
const m2 = 'm2' as MachineId;
const term = seconds(2);

const aFile = (exec: string): UnitFile => [{ section: 'Service', name: 'ExecStart', value: exec }];
const aGlobalFile: UnitFile = [...aFile('/bin/true'), { section: 'X-Fleet', name: 'Global', value: 'true' }];
const aMachine = (id: MachineId, metadata: Record<string, string> = {}): Machine => ({
  id,
  publicIp: `10.0.0.${id.slice(1)}`,
  metadata,
  capabilities: { GRPC: false },
  version: '1.0.0',
});

export function registryContract(name: string, make: () => Promise<RegistryUnderTest>): void {
  describe(`${name} keeps the promise of a registry`, () => {
    let world: RegistryUnderTest;
    let here: Registry;
    let there: Registry;
    let stop: AbortController;
    beforeEach(async () => {
      world = await make();
      ({ here, there } = world);
      stop = new AbortController();
    });
    afterEach(async () => {
      stop.abort();
      await world[Symbol.asyncDispose]();
    });

    const hashOf = async (unit: UnitName): Promise<UnitHash> => (await here.unit(unit))?.hash as UnitHash;
    const stateOf = (unit: UnitName, machine: MachineId, hash: UnitHash, more: Partial<UnitState> = {}): UnitState => ({
      ...{ unit, machine, hash, load: 'loaded', active: 'active', sub: 'running', launched: true },
      ...more,
    });
    const schedule = async (unit: UnitName, on: MachineId, target: TargetState = 'launched'): Promise<Decision> => ({
      ...{ kind: 'schedule', unit, on, target, because: 'test' },
      hash: await hashOf(unit),
    });
    const unschedule = (unit: UnitName, from: MachineId): Decision => ({
      kind: 'unschedule',
      unit,
      from,
      because: 'test',
    });
    const leads = async (registry: Registry, me: MachineId, ttl = seconds(60)): Promise<Leadership> => {
      const outcome = await registry.lead(me, ttl);
      if ('leader' in outcome) throw new Error(`${outcome.leader} leads`);
      return outcome;
    };
    const placementsNow = async () =>
      (await there.read()).placements.map(({ unit, machine, target }) => `${unit} ${machine} ${target}`);

    describe('units', () => {
      it('gives back the file and the target state that were put', async () => {
        await here.putUnit(web, aFile('/bin/web'), 'launched');
        const unit = await there.unit(web);
        expect(unit).toMatchObject({ name: web, file: aFile('/bin/web'), target: 'launched' });
        expect(unit?.hash).toMatch(/^[0-9a-f]{40}$/);
        expect((await there.read()).units).toEqual([unit]);
      });

      it('keeps a file as it will be read again, whatever its options held', async () => {
        await here.putUnit(web, aFile('  /bin/web '), 'inactive');
        expect((await there.unit(web))?.file).toEqual(aFile('/bin/web'));
      });

      it('knows no unit that was never put', async () => {
        expect(await here.unit(web)).toBeUndefined();
      });

      it('lists units by name, each with its file', async () => {
        for (const name of ['b.service', 'a.service', 'a-b.service', 'a@1.service'])
          await here.putUnit(name as UnitName, aFile(`/bin/${name}`), 'inactive');
        const { units } = await there.read();
        expect(units.map((unit) => unit.name)).toEqual(['a-b.service', 'a.service', 'a@1.service', 'b.service']);
        expect(units[0]?.file).toEqual(aFile('/bin/a-b.service'));
      });

      it('replaces file and target state together, and leaves the placement alone', async () => {
        await here.putUnit(web, aFile('/bin/1'), 'launched');
        await using leader = await leads(here, m1);
        await leader.apply([await schedule(web, m1)]);
        await here.putUnit(web, aFile('/bin/2'), 'inactive');
        expect(await there.unit(web)).toMatchObject({ file: aFile('/bin/2'), target: 'inactive' });
        expect((await there.read()).placements).toHaveLength(1);
      });

      it('sets the target state of a unit that exists, and says when none does', async () => {
        expect(await here.setTarget(web, 'launched')).toBe(false);
        await here.putUnit(web, aFile('/bin/web'), 'inactive');
        expect(await here.setTarget(web, 'launched')).toBe(true);
        expect(await here.setTarget(web, 'launched')).toBe(true);
        expect((await there.unit(web))?.target).toBe('launched');
      });

      it('tells of one unit what it tells of all', async () => {
        await there.putUnit(web, aFile('/bin/true'), 'launched');
        await there.putUnit(db, aFile('/bin/false'), 'launched');
        expect(await here.status(web)).toEqual({ unit: await here.unit(web), machine: undefined, states: [] });
        await using membership = await here.join(aMachine(m1), 'boot', term);
        await using leadership = await leads(here, m1);
        await leadership.apply([await schedule(web, m1), await schedule(db, m1)]);
        const hash = await hashOf(web);
        await membership.publish([stateOf(web, m1, hash), stateOf(db, m1, hash, { sub: 'dead' })], []);
        const { units, states } = await there.read();
        expect(await there.status(web)).toEqual({
          unit: units.find(({ name }) => name === web),
          machine: m1,
          states: states.filter(({ unit }) => unit === web),
        });
        await there.removeUnit(web);
        expect(await there.status(web)).toMatchObject({ unit: undefined, machine: undefined });
      });

      it('removes a unit with its placement, and says when there was none', async () => {
        await here.putUnit(web, aFile('/bin/web'), 'launched');
        await using leader = await leads(here, m1);
        await leader.apply([await schedule(web, m1)]);
        expect(await here.removeUnit(web)).toBe(true);
        expect(await here.removeUnit(web)).toBe(false);
        expect(await there.read()).toMatchObject({ units: [], placements: [] });
      });

      it('lets two writers of one unit both succeed', async () => {
        await here.putUnit(web, aFile('/bin/web'), 'inactive');
        await Promise.all([
          here.setTarget(web, 'loaded'),
          there.setTarget(web, 'launched'),
          here.setTarget(web, 'inactive'),
        ]);
        expect(['inactive', 'loaded', 'launched']).toContain((await there.unit(web))?.target);
      });
    });

    describe('a read', () => {
      it('sees what anybody wrote before it, at once and every time', async () => {
        for (let n = 0; n < 30; n++) {
          const unit = `u${n}.service` as UnitName;
          await here.putUnit(unit, aFile('/bin/u'), 'inactive');
          expect((await there.read()).units.map(({ name }) => name)).toContain(unit);
          expect((await here.read()).units).toHaveLength(1);
          await there.removeUnit(unit);
          expect((await here.read()).units).toEqual([]);
        }
      });

      it('never sees less than one before it, while others write and many read', async () => {
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

      it('shows one moment: never a placement without its unit, nor half of a transaction', async () => {
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

      it('that was taken stays as it was', async () => {
        const before = await there.read();
        await here.putUnit(web, aFile('/bin/web'), 'inactive');
        expect((await there.read()).units).toHaveLength(1);
        expect(before.units).toEqual([]);
      });
    });

    describe('machines', () => {
      it('lists a machine that joined, and no more once it left', async () => {
        const membership = await here.join(aMachine(m1, { disk: 'ssd' }), 'boot', seconds(60));
        expect((await there.read()).machines).toEqual([aMachine(m1, { disk: 'ssd' })]);
        await membership[Symbol.asyncDispose]();
        expect((await there.read()).machines).toEqual([]);
      });

      it('refuses a second machine with the same id', async () => {
        await using _first = await here.join(aMachine(m1), 'one boot', seconds(60));
        await expect(there.join(aMachine(m1), 'another boot', seconds(60))).rejects.toThrow(MachineIdTaken);
        expect((await there.read()).machines).toHaveLength(1);
      });

      it('takes over the record of an earlier process of the same boot, which notices', async () => {
        const first = await here.join(aMachine(m1), 'boot', seconds(60));
        await using _second = await there.join(aMachine(m1, { role: 'new' }), 'boot', seconds(60));
        await expect(first.publish([stateOf(web, m1, 'h' as UnitHash)], [])).rejects.toThrow(MembershipLost);
        expect(first.lost.aborted).toBe(true);
        await first[Symbol.asyncDispose]();
        expect((await there.read()).machines).toEqual([aMachine(m1, { role: 'new' })]);
      });

      it('keeps a machine for longer than its ttl while its process lives', async () => {
        await using membership = await here.join(aMachine(m1), 'boot', term);
        await world.pass(seconds(5));
        expect(membership.lost.aborted).toBe(false);
        expect(membership.validUntil()).toBeGreaterThan(world.clock.now());
        expect((await there.read()).machines).toHaveLength(1);
      });

      it('shows changed facts about a machine', async () => {
        await using membership = await here.join(aMachine(m1), 'boot', seconds(60));
        await membership.update({ ...aMachine(m1, { role: 'db' }), publicIp: '10.9.9.9' });
        expect((await there.read()).machines).toEqual([{ ...aMachine(m1, { role: 'db' }), publicIp: '10.9.9.9' }]);
      });

      it('merges metadata set at run time over what the machine announced; nothing hides', async () => {
        await using _m = await here.join(aMachine(m1, { role: 'web', disk: 'ssd' }), 'boot', seconds(60));
        await there.setMetadata(m1, 'role', 'db');
        await there.setMetadata(m1, 'disk', undefined);
        await there.setMetadata(m1, 'zone/a', 'x');
        expect((await here.read()).machines[0]?.metadata).toEqual({ role: 'db', 'zone/a': 'x' });
      });

      it('keeps metadata for a machine that is not there, without listing it', async () => {
        await there.setMetadata(m1, 'role', 'db');
        expect((await here.read()).machines).toEqual([]);
        await using _m = await here.join(aMachine(m1), 'boot', seconds(60));
        expect((await there.read()).machines[0]?.metadata).toEqual({ role: 'db' });
      });
    });

    describe('published states', () => {
      it('shows what a machine published, by unit and machine, until it retracts it', async () => {
        await using one = await here.join(aMachine(m1), 'boot', seconds(60));
        await using two = await there.join(aMachine(m2), 'boot', seconds(60));
        const hash = 'a'.repeat(40) as UnitHash;
        await two.publish([stateOf(web, m2, hash)], []);
        await one.publish([stateOf(web, m1, hash, { active: 'failed', launched: false }), stateOf(db, m1, hash)], []);
        expect((await there.read()).states).toEqual([
          stateOf(db, m1, hash),
          stateOf(web, m1, hash, { active: 'failed', launched: false }),
          stateOf(web, m2, hash),
        ]);
        await one.publish([], [web, 'never.service' as UnitName]);
        expect((await there.read()).states).toEqual([stateOf(db, m1, hash), stateOf(web, m2, hash)]);
      });

      it('publishes more states at once than a transaction can hold', async () => {
        await using one = await here.join(aMachine(m1), 'boot', seconds(60));
        const many = Array.from({ length: 300 }, (_, n) => stateOf(`u${n}.service` as UnitName, m1, 'h' as UnitHash));
        await one.publish(many, []);
        expect((await there.read()).states).toHaveLength(300);
      });

      it('loses the states of a machine together with the machine', async () => {
        const one = await here.join(aMachine(m1), 'boot', seconds(60));
        await one.publish([stateOf(web, m1, 'h' as UnitHash)], []);
        await one[Symbol.asyncDispose]();
        expect(await there.read()).toMatchObject({ machines: [], states: [] });
      });
    });

    describe('the version of the engines', () => {
      it('is 0 where none ever led, and can be raised from what it was', async () => {
        expect(await here.engineVersion()).toBe(0);
        expect(await here.raiseEngineVersion(0, 1)).toBe(true);
        expect(await there.engineVersion()).toBe(1);
        expect(await there.raiseEngineVersion(1, 3)).toBe(true);
        expect(await here.engineVersion()).toBe(3);
      });

      it('is not raised by somebody who read an older one', async () => {
        await here.raiseEngineVersion(0, 2);
        expect(await there.raiseEngineVersion(0, 1)).toBe(false);
        expect(await there.raiseEngineVersion(1, 3)).toBe(false);
        expect(await here.engineVersion()).toBe(2);
      });

      it('lets a newer engine take the lead from an older one, which writes nothing more', async () => {
        await here.putUnit(web, aFile('/bin/web'), 'launched');
        await using older = (await here.lead(m1, seconds(60), 1)) as Leadership;
        await using newer = (await there.lead(m2, seconds(60), 2)) as Leadership;
        expect([older.stolenFrom, newer.stolenFrom]).toEqual([undefined, m1]);
        await expect(older.apply([await schedule(web, m1)])).rejects.toThrow(LeadershipLost);
        expect(older.lost.aborted).toBe(true);
        expect(await newer.apply([await schedule(web, m2)])).toHaveLength(1);
      });

      it('keeps the lead from an engine of the same or a lower one', async () => {
        await using _leader = (await here.lead(m1, seconds(60), 2)) as Leadership;
        expect(await there.lead(m2, seconds(60), 2)).toEqual({ leader: m1 });
        expect(await there.lead(m2, seconds(60), 1)).toEqual({ leader: m1 });
      });
    });

    describe('the lead', () => {
      it('says until when it certainly holds, which every renewal moves on', async () => {
        await using leader = await leads(here, m1, term);
        const first = leader.validUntil();
        expect(first).toBeGreaterThan(world.clock.now());
        await world.pass(term);
        expect(leader.validUntil()).toBeGreaterThan(first);
      });

      it('goes to one machine, and others learn to which', async () => {
        await using _leader = await leads(here, m1);
        expect(await there.lead(m2, seconds(60))).toEqual({ leader: m1 });
      });

      it('goes to one machine when many ask at once', async () => {
        const outcomes = await Promise.all(
          Array.from({ length: 6 }, (_, n) => (n % 2 ? here : there).lead(`m${n}` as MachineId, seconds(60))),
        );
        const winners = outcomes.filter((outcome) => !('leader' in outcome));
        expect(winners).toHaveLength(1);
        await (winners[0] as Leadership)[Symbol.asyncDispose]();
      });

      it('is free again as soon as the leader resigns, and those who wait are told', async () => {
        const leader = await leads(here, m1);
        const free = there.leaderless(stop.signal);
        await leader[Symbol.asyncDispose]();
        await free;
        await using _next = await leads(there, m2);
      });

      it('tells at once that nobody leads', async () => {
        await here.leaderless(stop.signal);
      });

      it('stops waiting for its turn when the signal aborts', async () => {
        await using _leader = await leads(here, m1);
        const waiting = there.leaderless(stop.signal);
        stop.abort();
        await waiting;
      });

      it('is kept for longer than its ttl while the leader lives', async () => {
        await using leader = await leads(here, m1, term);
        await world.pass(seconds(5));
        expect(leader.lost.aborted).toBe(false);
        expect(await there.lead(m2, term)).toEqual({ leader: m1 });
      });

      it('comes back at once to a machine whose earlier process led, and the earlier one cannot write any more', async () => {
        await here.putUnit(web, aFile('/bin/web'), 'launched');
        const before = await leads(here, m1);
        await using now = await leads(there, m1);
        await expect(before.apply([await schedule(web, m1)])).rejects.toThrow(LeadershipLost);
        expect(before.lost.aborted).toBe(true);
        expect(await now.apply([await schedule(web, m2)])).toHaveLength(1);
        await before[Symbol.asyncDispose]();
        expect(now.lost.aborted).toBe(false);
      });
    });

    describe('decisions', () => {
      let leader: Leadership;
      beforeEach(async () => {
        leader = await leads(here, m1);
        await here.putUnit(web, aFile('/bin/web'), 'launched');
        await here.putUnit(db, aFile('/bin/db'), 'loaded');
      });
      afterEach(() => leader[Symbol.asyncDispose]());

      it('place units, move them and take them away', async () => {
        await leader.apply([await schedule(web, m1), await schedule(db, m1, 'loaded')]);
        expect(await placementsNow()).toEqual(['db.service m1 loaded', 'web.service m1 launched']);
        await leader.apply([unschedule(web, m1), await schedule(web, m2), unschedule(db, m1)]);
        expect(await placementsNow()).toEqual(['web.service m2 launched']);
      });

      it('tell a machine that the target or the file of a placed unit changed', async () => {
        await leader.apply([await schedule(web, m1)]);
        await here.putUnit(web, aFile('/bin/web2'), 'loaded');
        const instruct: Decision = { ...(await schedule(web, m1, 'loaded')), kind: 'instruct' } as Decision;
        expect(await leader.apply([instruct])).toEqual([instruct]);
        expect((await there.read()).placements).toEqual([
          { unit: web, machine: m1, hash: await hashOf(web), target: 'loaded' },
        ]);
      });

      it('that come to nothing are not written: a hold', async () => {
        expect(await leader.apply([{ kind: 'hold', unit: web, refusals: [] }])).toEqual([]);
      });

      it.each<
        [
          string,
          (decide: (unit: UnitName, on: MachineId, target?: TargetState) => Promise<Decision>) => Promise<Decision>,
        ]
      >([
        ['places a unit that is placed elsewhere', (decide) => decide(web, m2)],
        ['takes a unit from where it is not', async () => unschedule(web, m2)],
        [
          'instructs a machine that does not have the unit',
          async (decide) => ({ ...(await decide(web, m2)), kind: 'instruct' }) as Decision,
        ],
        [
          'places a unit that is gone',
          async () => ({
            kind: 'schedule',
            unit: 'gone.service' as UnitName,
            on: m1,
            hash: 'h' as UnitHash,
            target: 'launched',
            because: 'test',
          }),
        ],
        [
          'was made for another file',
          async (decide) => ({ ...(await decide(db, m1, 'loaded')), hash: 'b'.repeat(40) as UnitHash }) as Decision,
        ],
        ['was made for another target state', (decide) => decide(db, m1, 'launched')],
      ])('are skipped one by one: one that %s', async (_name, make) => {
        await leader.apply([await schedule(web, m1)]);
        const wrong = await make(schedule);
        const right = unschedule(web, m1);
        expect(await leader.apply(wrong.unit === web ? [wrong] : [wrong, right])).toEqual(
          wrong.unit === web ? [] : [right],
        );
        expect(await placementsNow()).toEqual(wrong.unit === web ? ['web.service m1 launched'] : []);
      });

      it('are applied when there are more of them than a transaction can hold', async () => {
        const names = Array.from({ length: 250 }, (_, n) => `u${n}.service` as UnitName);
        await Promise.all(names.map((unit) => here.putUnit(unit, aFile('/bin/u'), 'launched')));
        const hash = await hashOf(names[0] as UnitName);
        const all = names.map(
          (unit): Decision => ({ kind: 'schedule', unit, on: m1, hash, target: 'launched', because: 'test' }),
        );
        expect(await leader.apply(all)).toHaveLength(250);
        expect((await there.read()).placements).toHaveLength(250);
        const moves = all.flatMap((decision): Decision[] => [
          unschedule(decision.unit, m1),
          { ...decision, on: m2 } as Decision,
        ]);
        expect(await leader.apply(moves)).toHaveLength(500);
        expect((await there.read()).placements.every(({ machine }) => machine === m2)).toBe(true);
      });

      it('never leave a unit on two machines, also when it was removed and put again meanwhile', async () => {
        await leader.apply([await schedule(web, m1)]);
        await there.removeUnit(web);
        await there.putUnit(web, aFile('/bin/web'), 'launched');
        await leader.apply([await schedule(web, m2)]);
        expect(await placementsNow()).toEqual(['web.service m2 launched']);
      });
    });

    describe('the work of a machine', () => {
      const nextWork = async (work: AsyncIterator<Work>): Promise<Work> => (await work.next()).value;

      it('is its placements, every global unit, their files and its metadata', async () => {
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

      it('changes with every change that concerns the machine, and with no other', async () => {
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

      it('ends when the signal aborts', async () => {
        const works = there.work(aMachine(m1), stop.signal)[Symbol.asyncIterator]();
        await nextWork(works);
        const pending = works.next();
        stop.abort();
        expect((await pending).done).toBe(true);
      });
    });

    describe("the engine's picture", () => {
      const nextPicture = async (pictures: AsyncIterator<Cluster>): Promise<Cluster> => (await pictures.next()).value;
      /** Watches of several ranges may tell of one transaction in two parts. */
      const until = async (pictures: AsyncIterator<Cluster>, seen: (cluster: Cluster) => boolean): Promise<Cluster> => {
        for (;;) {
          const picture = await nextPicture(pictures);
          if (seen(picture)) return picture;
        }
      };

      it('starts with everything, and follows every change of units, placements and machines', async () => {
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

      it('does not change with published states', async () => {
        await using member = await here.join(aMachine(m1), 'boot', seconds(60));
        const pictures = there.cluster(stop.signal)[Symbol.asyncIterator]();
        await nextPicture(pictures);
        const woken = nextPicture(pictures);
        await member.publish([stateOf(web, m1, 'h' as UnitHash)], []);
        await here.putUnit(db, aFile('/bin/db'), 'loaded');
        expect((await woken).units).toHaveLength(1);
      });
    });

    describe('changes', () => {
      it('are told once at the start and then after every kind of change', async () => {
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

      it('are told to all who listen, also to one that came late and one that others leave behind', async () => {
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

      it('are never told before a read can see them', async () => {
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

      it('end when the signal aborts', async () => {
        const changes = there.changes(stop.signal)[Symbol.asyncIterator]();
        await changes.next();
        const pending = changes.next();
        stop.abort();
        expect((await pending).done).toBe(true);
      });
    });
  });
}
