/** What a registry promises of units: files, target states, and what it tells of one. */
import type { UnitName } from '../../../core/unit/types.ts';
import { aFile, aMachine, db, leads, m1, type RegistryTest, stateOf, term, web } from '../fixtures.ts';

export function units(it: RegistryTest): void {
  it('gives back the file and the target state that were put', async ({ here, there, expect }) => {
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    const unit = await there.unit(web);
    expect(unit).toMatchObject({ name: web, file: aFile('/bin/web'), target: 'launched' });
    expect(unit?.hash).toMatch(/^[0-9a-f]{40}$/);
    expect((await there.read()).units).toEqual([unit]);
  });

  it('keeps a file as it will be read again, whatever its options held', async ({ here, there, expect }) => {
    await here.putUnit(web, aFile('  /bin/web '), 'inactive');
    expect((await there.unit(web))?.file).toEqual(aFile('/bin/web'));
  });

  it('knows no unit that was never put', async ({ here, expect }) => {
    expect(await here.unit(web)).toBeUndefined();
  });

  it('lists units by name, each with its file', async ({ here, there, expect }) => {
    for (const name of ['b.service', 'a.service', 'a-b.service', 'a@1.service'])
      await here.putUnit(name as UnitName, aFile(`/bin/${name}`), 'inactive');
    const { units } = await there.read();
    expect(units.map((unit) => unit.name)).toEqual(['a-b.service', 'a.service', 'a@1.service', 'b.service']);
    expect(units[0]?.file).toEqual(aFile('/bin/a-b.service'));
  });

  it('replaces file and target state together, and leaves the placement alone', async ({
    here,
    there,
    schedule,
    expect,
  }) => {
    await here.putUnit(web, aFile('/bin/1'), 'launched');
    await using leader = await leads(here, m1);
    await leader.apply([await schedule(web, m1)]);
    await here.putUnit(web, aFile('/bin/2'), 'inactive');
    expect(await there.unit(web)).toMatchObject({ file: aFile('/bin/2'), target: 'inactive' });
    expect((await there.read()).placements).toHaveLength(1);
  });

  it('sets the target state of a unit that exists, and says when none does', async ({ here, there, expect }) => {
    expect(await here.setTarget(web, 'launched')).toBe(false);
    await here.putUnit(web, aFile('/bin/web'), 'inactive');
    expect(await here.setTarget(web, 'launched')).toBe(true);
    expect(await here.setTarget(web, 'launched')).toBe(true);
    expect((await there.unit(web))?.target).toBe('launched');
  });

  it('tells of one unit what it tells of all', async ({ here, there, hashOf, schedule, expect }) => {
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

  it('removes a unit with its placement, and says when there was none', async ({ here, there, schedule, expect }) => {
    await here.putUnit(web, aFile('/bin/web'), 'launched');
    await using leader = await leads(here, m1);
    await leader.apply([await schedule(web, m1)]);
    expect(await here.removeUnit(web)).toBe(true);
    expect(await here.removeUnit(web)).toBe(false);
    expect(await there.read()).toMatchObject({ units: [], placements: [] });
  });

  it('lets two writers of one unit both succeed', async ({ here, there, expect }) => {
    await here.putUnit(web, aFile('/bin/web'), 'inactive');
    await Promise.all([
      here.setTarget(web, 'loaded'),
      there.setTarget(web, 'launched'),
      here.setTarget(web, 'inactive'),
    ]);
    expect(['inactive', 'loaded', 'launched']).toContain((await there.unit(web))?.target);
  });
}
