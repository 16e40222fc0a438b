import { describe, expect, it } from 'vitest';
import { aPlacement, aUnit, type UnitWords } from '../../testing/cluster.ts';
import { InvariantBroken } from '../base/invariant.ts';
import { machineId } from '../machine/id.ts';
import type { Metadata } from '../machine/metadata.ts';
import { desire } from './desire.ts';
import type { Work } from './types.ts';

const me = machineId('m1');

function work(words: {
  placed?: Record<string, UnitWords & { on?: string }>;
  globals?: Record<string, UnitWords>;
  metadata?: Metadata;
}): Work {
  const units = Object.entries(words.placed ?? {}).map(([name, unit]) => ({ unit: aUnit(name, unit), on: unit.on }));
  return {
    placements: units.map(({ unit, on = 'm1' }) => aPlacement(unit, on)),
    files: new Map(units.map(({ unit }) => [unit.hash, unit.file])),
    globals: Object.entries(words.globals ?? {}).map(([name, unit]) =>
      aUnit(name, { ...unit, fleet: ['Global=true', ...(unit.fleet ?? [])] }),
    ),
    metadata: words.metadata ?? {},
  };
}

const names = (facts: Work) => desire(facts, me).map(({ name }) => name);

describe('a machine', () => {
  it('wants what is placed on it, as far as the placement says', () => {
    const unit = aUnit('web.service', { target: 'launched' });
    const told = aPlacement(unit, 'm1', { target: 'loaded' });
    expect(desire({ ...work({}), placements: [told], files: new Map([[unit.hash, unit.file]]) }, me)).toEqual([
      { name: unit.name, file: unit.file, hash: unit.hash, target: 'loaded' },
    ]);
  });

  it('wants nothing that is placed elsewhere', () => {
    expect(names(work({ placed: { 'a.service': {}, 'b.service': { on: 'm2' } } }))).toEqual(['a.service']);
  });

  it('wants the global units whose metadata it has', () => {
    const globals = { 'a.service': { fleet: ['MachineMetadata=disk=ssd'] }, 'b.service': {} };
    expect(names(work({ globals }))).toEqual(['b.service']);
    expect(names(work({ globals, metadata: { disk: 'ssd' } }))).toEqual(['a.service', 'b.service']);
  });

  it('lets placed units win over global ones they conflict with, in either direction', () => {
    expect(
      names(
        work({
          placed: { 'x.service': { fleet: ['Conflicts=a*'] }, 'y.service': {} },
          globals: { 'a.service': {}, 'b.service': { fleet: ['Conflicts=y.service'] }, 'c.service': {} },
        }),
      ),
    ).toEqual(['c.service', 'x.service', 'y.service']);
  });

  it('lets the first global unit by name win, even an inactive one', () => {
    expect(
      desire(work({ globals: { 'b.service': { fleet: ['Conflicts=a*'] }, 'a.service': { target: 'inactive' } } }), me),
    ).toMatchObject([{ name: 'a.service', target: 'inactive' }]);
  });

  it('does not judge placements: units the engine put together stay together', () => {
    expect(
      names(
        work({ placed: { 'a.service': { fleet: ['Conflicts=b*', 'MachineMetadata=no=where'] }, 'b.service': {} } }),
      ),
    ).toEqual(['a.service', 'b.service']);
  });

  it('cannot be told of a unit without its file', () => {
    expect(() => desire({ ...work({ placed: { 'a.service': {} } }), files: new Map() }, me)).toThrow(InvariantBroken);
  });
});
