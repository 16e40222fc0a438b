/** What a registry promises to engines: their version, the lead, and what becomes of decisions. */
import { seconds } from '../../../core/base/time.ts';
import { LeadershipLost } from '../../../core/errors/registry.ts';
import type { MachineId } from '../../../core/machine/types.ts';
import type { Decision } from '../../../core/scheduler/types.ts';
import type { TargetState, UnitHash, UnitName } from '../../../core/unit/types.ts';
import { aFile, db, leads, m1, m2, type RegistryTest, term, unschedule, web } from '../fixtures.ts';
import type { Leadership } from '../index.ts';

export function engineVersion(it: RegistryTest): void {
  it('is 0 where none ever led, and can be raised from what it was', async ({ here, there, expect }) => {
    expect(await here.engineVersion()).toBe(0);
    expect(await here.raiseEngineVersion(0, 1)).toBe(true);
    expect(await there.engineVersion()).toBe(1);
    expect(await there.raiseEngineVersion(1, 3)).toBe(true);
    expect(await here.engineVersion()).toBe(3);
  });

  it('is not raised by somebody who read an older one', async ({ here, there, expect }) => {
    await here.raiseEngineVersion(0, 2);
    expect(await there.raiseEngineVersion(0, 1)).toBe(false);
    expect(await there.raiseEngineVersion(1, 3)).toBe(false);
    expect(await here.engineVersion()).toBe(2);
  });

  it('lets a newer engine take the lead from an older one, which writes nothing more', async ({
    here,
    there,
    schedule,
    expect,
  }) => {
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    await using older = (await here.lead(m1, seconds(60), 1)) as Leadership;
    await using newer = (await there.lead(m2, seconds(60), 2)) as Leadership;
    expect([older.stolenFrom, newer.stolenFrom]).toEqual([undefined, m1]);
    await expect(older.apply([await schedule(web, m1)])).rejects.toThrow(LeadershipLost);
    expect(older.lost.aborted).toBe(true);
    expect(await newer.apply([await schedule(web, m2)])).toHaveLength(1);
  });

  it('keeps the lead from an engine of the same or a lower one', async ({ here, there, expect }) => {
    await using _leader = (await here.lead(m1, seconds(60), 2)) as Leadership;
    expect(await there.lead(m2, seconds(60), 2)).toEqual({ leader: m1 });
    expect(await there.lead(m2, seconds(60), 1)).toEqual({ leader: m1 });
  });
}

export function lead(it: RegistryTest): void {
  it('says until when it certainly holds, which every renewal moves on', async ({ world, here, expect }) => {
    await using leader = await leads(here, m1, term);
    const first = leader.validUntil();
    expect(first).toBeGreaterThan(world.clock.now());
    await world.pass(term);
    expect(leader.validUntil()).toBeGreaterThan(first);
  });

  it('goes to one machine, and others learn to which', async ({ here, there, expect }) => {
    await using _leader = await leads(here, m1);
    expect(await there.lead(m2, seconds(60))).toEqual({ leader: m1 });
  });

  it('goes to one machine when many ask at once', async ({ here, there, expect }) => {
    const outcomes = await Promise.all(
      Array.from({ length: 6 }, (_, n) => (n % 2 ? here : there).lead(`m${n}` as MachineId, seconds(60))),
    );
    const winners = outcomes.filter((outcome) => !('leader' in outcome));
    expect(winners).toHaveLength(1);
    await (winners[0] as Leadership)[Symbol.asyncDispose]();
  });

  it('is free again as soon as the leader resigns, and those who wait are told', async ({ here, there, stop }) => {
    const leader = await leads(here, m1);
    const free = there.leaderless(stop.signal);
    await leader[Symbol.asyncDispose]();
    await free;
    await using _next = await leads(there, m2);
  });

  it('tells at once that nobody leads', async ({ here, stop }) => {
    await here.leaderless(stop.signal);
  });

  it('stops waiting for its turn when the signal aborts', async ({ here, there, stop }) => {
    await using _leader = await leads(here, m1);
    const waiting = there.leaderless(stop.signal);
    stop.abort();
    await waiting;
  });

  it('is kept for longer than its ttl while the leader lives', async ({ world, here, there, expect }) => {
    await using leader = await leads(here, m1, term);
    await world.pass(seconds(5));
    expect(leader.lost.aborted).toBe(false);
    expect(await there.lead(m2, term)).toEqual({ leader: m1 });
  });

  it('comes back at once to a machine whose earlier process led, and the earlier one cannot write any more', async ({
    here,
    there,
    schedule,
    expect,
  }) => {
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    const before = await leads(here, m1);
    await using now = await leads(there, m1);
    await expect(before.apply([await schedule(web, m1)])).rejects.toThrow(LeadershipLost);
    expect(before.lost.aborted).toBe(true);
    expect(await now.apply([await schedule(web, m2)])).toHaveLength(1);
    await before[Symbol.asyncDispose]();
    expect(now.lost.aborted).toBe(false);
  });
}

export function decisions(plain: RegistryTest): void {
  const it = plain.extend('leader', async ({ here, onTestFinished }) => {
    const leader = await leads(here, m1);
    onTestFinished(() => leader[Symbol.asyncDispose]());
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    await here.putUnit(db, aFile('/bin/db'), 'loaded');
    return leader;
  });

  it('place units, move them and take them away', async ({ leader, schedule, placementsNow, expect }) => {
    await leader.apply([await schedule(web, m1), await schedule(db, m1, 'loaded')]);
    expect(await placementsNow()).toEqual(['db.service m1 loaded', 'web.service m1 launched']);
    await leader.apply([unschedule(web, m1), await schedule(web, m2), unschedule(db, m1)]);
    expect(await placementsNow()).toEqual(['web.service m2 launched']);
  });

  it('tell a machine that the target or the file of a placed unit changed', async ({
    here,
    there,
    leader,
    hashOf,
    schedule,
    expect,
  }) => {
    await leader.apply([await schedule(web, m1)]);
    await here.putUnit(web, aFile('/bin/web2'), 'loaded');
    const instruct: Decision = { ...(await schedule(web, m1, 'loaded')), kind: 'instruct' } as Decision;
    expect(await leader.apply([instruct])).toEqual([instruct]);
    expect((await there.read()).placements).toEqual([
      { unit: web, machine: m1, hash: await hashOf(web), target: 'loaded' },
    ]);
  });

  it('that come to nothing are not written: a hold', async ({ leader, expect }) => {
    expect(await leader.apply([{ kind: 'hold', unit: web, refusals: [] }])).toEqual([]);
  });

  it.for<
    [string, (decide: (unit: UnitName, on: MachineId, target?: TargetState) => Promise<Decision>) => Promise<Decision>]
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
  ])('are skipped one by one: one that %s', async ([_name, make], { leader, schedule, placementsNow, expect }) => {
    await leader.apply([await schedule(web, m1)]);
    const wrong = await make(schedule);
    const right = unschedule(web, m1);
    expect(await leader.apply(wrong.unit === web ? [wrong] : [wrong, right])).toEqual(
      wrong.unit === web ? [] : [right],
    );
    expect(await placementsNow()).toEqual(wrong.unit === web ? ['web.service m1 launched'] : []);
  });

  it('are applied when there are more of them than a transaction can hold', async ({
    here,
    there,
    leader,
    hashOf,
    expect,
  }) => {
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

  it('never leave a unit on two machines, also when it was removed and put again meanwhile', async ({
    there,
    leader,
    schedule,
    placementsNow,
    expect,
  }) => {
    await leader.apply([await schedule(web, m1)]);
    await there.removeUnit(web);
    await there.putUnit(web, aFile('/bin/web'), 'launched');
    await leader.apply([await schedule(web, m2)]);
    expect(await placementsNow()).toEqual(['web.service m2 launched']);
  });
}
