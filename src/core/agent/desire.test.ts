import { describe, expect, it } from 'vitest';
import type { MachineId } from '../machine/types.ts';
import { hashOf, parseUnitFile } from '../unit/file.ts';
import { unitName } from '../unit/name.ts';
import type { TargetState, Unit } from '../unit/types.ts';
import { desire } from './desire.ts';
import type { Work } from './types.ts';

const me = { id: 'm1' as MachineId };

const unit = (name: string, fleet = '', target: TargetState = 'launched'): Unit => {
  const file = parseUnitFile(`[Service]\nExecStart=/bin/true\n[X-Fleet]\n${fleet}\n`);
  return { name: unitName(name), file, hash: hashOf(file), target };
};

const work = (placed: readonly Unit[], globals: readonly Unit[], metadata: Work['metadata'] = {}): Work => ({
  placements: placed.map(({ name, hash, target }) => ({ unit: name, machine: me.id, hash, target })),
  files: new Map(placed.map(({ hash, file }) => [hash, file])),
  globals,
  metadata,
});

const names = (wanted: Work) => desire(wanted, me).map(({ name }) => name);

describe('desire', () => {
  it('is what was placed here and what is global, by name', () => {
    expect(
      names(work([unit('b.service')], [unit('a.service', 'Global=true'), unit('c.service', 'Global=true')])),
    ).toEqual(['a.service', 'b.service', 'c.service']);
  });

  it('leaves a global unit away where the metadata does not fit', () => {
    const fussy = unit('a.service', 'Global=true\nMachineMetadata=disk=ssd');
    expect(names(work([], [fussy], { disk: 'hdd' }))).toEqual([]);
    expect(names(work([], [fussy], { disk: 'ssd' }))).toEqual(['a.service']);
  });

  it('leaves an inactive global unit away', () => {
    expect(names(work([], [unit('a.service', 'Global=true', 'inactive')]))).toEqual([]);
  });

  it.each([
    { says: 'the global unit', placed: '', global: 'Global=true\nConflicts=z.service' },
    { says: 'the placed unit', placed: 'Conflicts=a.*', global: 'Global=true' },
  ])('prefers the placed unit when $says says they conflict, whatever the names', ({ placed, global }) => {
    expect(names(work([unit('z.service', placed)], [unit('a.service', global)]))).toEqual(['z.service']);
  });

  it('prefers the earlier of two global units in conflict', () => {
    expect(
      names(work([], [unit('b.service', 'Global=true\nConflicts=a.service'), unit('a.service', 'Global=true')])),
    ).toEqual(['a.service']);
  });

  it('expands specifiers in what a unit asks for', () => {
    const one = unit('web@1.service', 'Global=true\nMachineMetadata=slot=%i');
    expect(names(work([], [one], { slot: '1' }))).toEqual(['web@1.service']);
    expect(names(work([], [one], { slot: '2' }))).toEqual([]);
  });
});
