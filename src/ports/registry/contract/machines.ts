/** What a registry promises of machines, and of the states that they publish. */
import { seconds } from '../../../core/base/time.ts';
import { MachineIdTaken, MembershipLost } from '../../../core/errors/registry.ts';
import type { UnitHash, UnitName } from '../../../core/unit/types.ts';
import { aMachine, db, m1, m2, type RegistryTest, stateOf, term, web } from '../fixtures.ts';

export function machines(it: RegistryTest): void {
  it('lists a machine that joined, and no more once it left', async ({ here, there, expect }) => {
    const membership = await here.join(aMachine(m1, { disk: 'ssd' }), 'boot', seconds(60));
    expect((await there.read()).machines).toEqual([aMachine(m1, { disk: 'ssd' })]);
    await membership[Symbol.asyncDispose]();
    expect((await there.read()).machines).toEqual([]);
  });

  it('refuses a second machine with the same id', async ({ here, there, expect }) => {
    await using _first = await here.join(aMachine(m1), 'one boot', seconds(60));
    await expect(there.join(aMachine(m1), 'another boot', seconds(60))).rejects.toThrow(MachineIdTaken);
    expect((await there.read()).machines).toHaveLength(1);
  });

  it('takes over the record of an earlier process of the same boot, which notices', async ({ here, there, expect }) => {
    const first = await here.join(aMachine(m1), 'boot', seconds(60));
    await using _second = await there.join(aMachine(m1, { role: 'new' }), 'boot', seconds(60));
    await expect(first.publish([stateOf(web, m1, 'h' as UnitHash)], [])).rejects.toThrow(MembershipLost);
    expect(first.lost.aborted).toBe(true);
    await first[Symbol.asyncDispose]();
    expect((await there.read()).machines).toEqual([aMachine(m1, { role: 'new' })]);
  });

  it('keeps a machine for longer than its ttl while its process lives', async ({ world, here, there, expect }) => {
    await using membership = await here.join(aMachine(m1), 'boot', term);
    await world.pass(seconds(5));
    expect(membership.lost.aborted).toBe(false);
    expect(membership.validUntil()).toBeGreaterThan(world.clock.now());
    expect((await there.read()).machines).toHaveLength(1);
  });

  it('shows changed facts about a machine', async ({ here, there, expect }) => {
    await using membership = await here.join(aMachine(m1), 'boot', seconds(60));
    await membership.update({ ...aMachine(m1, { role: 'db' }), publicIp: '10.9.9.9' });
    expect((await there.read()).machines).toEqual([{ ...aMachine(m1, { role: 'db' }), publicIp: '10.9.9.9' }]);
  });

  it('merges metadata set at run time over what the machine announced; nothing hides', async ({
    here,
    there,
    expect,
  }) => {
    await using _m = await here.join(aMachine(m1, { role: 'web', disk: 'ssd' }), 'boot', seconds(60));
    await there.setMetadata(m1, 'role', 'db');
    await there.setMetadata(m1, 'disk', undefined);
    await there.setMetadata(m1, 'zone/a', 'x');
    expect((await here.read()).machines[0]?.metadata).toEqual({ role: 'db', 'zone/a': 'x' });
  });

  it('keeps metadata for a machine that is not there, without listing it', async ({ here, there, expect }) => {
    await there.setMetadata(m1, 'role', 'db');
    expect((await here.read()).machines).toEqual([]);
    await using _m = await here.join(aMachine(m1), 'boot', seconds(60));
    expect((await there.read()).machines[0]?.metadata).toEqual({ role: 'db' });
  });
}

export function publishedStates(it: RegistryTest): void {
  it('shows what a machine published, by unit and machine, until it retracts it', async ({ here, there, expect }) => {
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

  it('publishes more states at once than a transaction can hold', async ({ here, there, expect }) => {
    await using one = await here.join(aMachine(m1), 'boot', seconds(60));
    const many = Array.from({ length: 300 }, (_, n) => stateOf(`u${n}.service` as UnitName, m1, 'h' as UnitHash));
    await one.publish(many, []);
    expect((await there.read()).states).toHaveLength(300);
  });

  it('loses the states of a machine together with the machine', async ({ here, there, expect }) => {
    const one = await here.join(aMachine(m1), 'boot', seconds(60));
    await one.publish([stateOf(web, m1, 'h' as UnitHash)], []);
    await one[Symbol.asyncDispose]();
    expect(await there.read()).toMatchObject({ machines: [], states: [] });
  });
}
