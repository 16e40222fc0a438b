import { describe, expect, it } from 'vitest';
import { UnitFileMalformed, UnitOptionsInvalid } from '../errors/unit.ts';
import { parseUnitFile } from './file.ts';
import { checkOptions } from './validate.ts';

const fleet = (...lines: readonly string[]) => parseUnitFile(`[X-Fleet]\n${lines.join('\n')}\n`);

describe('options of a unit', () => {
  it.each([
    [['MachineID=a', 'MachineOf=b'], 'MachineID cannot be used with Peers'],
    [['MachineID=a', 'Conflicts=b'], 'MachineID cannot be used with Conflicts'],
    [['MachineID=a', 'Global=true'], 'MachineID cannot be used with Global'],
    [['MachineID=a', 'Replaces=b'], 'MachineID cannot be used with Replaces'],
    [['Global=true', 'MachineOf=b'], 'Global cannot be used with Peers'],
    [['Global=true', 'Replaces=b'], 'Global cannot be used with Replaces'],
    [['Conflicts=a', 'Replaces=b'], 'Conflicts cannot be used with Replaces'],
    [['Conflicts=a', 'Replaces='], 'Conflicts cannot be used with Replaces'],
    [['MachineID=', 'MachineOf=b'], 'MachineID cannot be used with Peers'],
    [['MachineOf=db.service', 'Conflicts=d*'], 'unresolvable requirements: peer "db.service" matches conflict "d*"'],
    [['MachineOf=db.service', 'Replaces=db.*'], 'unresolvable requirements: peer "db.service" matches replace "db.*"'],
  ])('may not be %j', (lines, message) => {
    expect(() => checkOptions(fleet(...lines))).toThrow(UnitOptionsInvalid);
    expect(() => checkOptions(fleet(...lines))).toThrow(expect.objectContaining({ message }) as Error);
  });

  it.each([
    [['Global=true', 'Conflicts=a']],
    [['Global=true', 'MachineMetadata=a=b']],
    [['MachineID=a', 'MachineMetadata=a=b']],
    [['MachineID=a', 'Conflicts=']],
    [['MachineOf=a.service', 'Conflicts=b*']],
    [['MachineOf=a.service', 'Replaces=b*']],
    [['MachineOf=%p.service', 'Conflicts=web*']],
    [['Nonsense=true']],
  ])('may be %j', (lines) => {
    expect(checkOptions(fleet(...lines))).toEqual(fleet(...lines));
  });

  it('may be none', () => {
    expect(checkOptions([])).toEqual([]);
  });

  it('report the other contradictions as well, in what to do', () => {
    expect(() => checkOptions(fleet('MachineID=a', 'MachineOf=b', 'Conflicts=c'))).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining('MachineID cannot be used with Conflicts') }) as Error,
    );
  });

  it('must be storable', () => {
    expect(() => checkOptions([{ section: 'S', name: 'X\n', value: '1' }])).toThrow(UnitFileMalformed);
    expect(() => checkOptions([{ section: 'S', name: 'X', value: 'a'.repeat(2_046) }])).toThrow('line too long');
  });

  it('come back as they will be stored', () => {
    expect(checkOptions([{ section: 'S', name: 'X', value: ' a\n' }])).toEqual([
      { section: 'S', name: 'X', value: 'a' },
    ]);
  });
});
