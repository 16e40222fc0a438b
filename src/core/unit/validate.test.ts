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

  it('may not be more than a thousand', () => {
    const many = (key: string, count: number) => Array.from({ length: count }, (_, index) => `${key}=a${index}=b`);
    expect(checkOptions(fleet(...many('Conflicts', 1_000)))).toHaveLength(1_000);
    for (const over of [
      many('Conflicts', 1_001),
      [...many('MachineOf', 500), ...many('Replaces', 501)],
      [
        ...many('Conflicts', 901),
        'MachineMetadata=k=a',
        ...Array.from({ length: 99 }, (_, index) => `MachineMetadata=k=${index}`),
      ],
    ])
      expect(() => checkOptions(fleet(...over))).toThrow('too many requirements in [X-Fleet] section: 1001 (max 1000)');
  });

  it('are not listed beyond ten contradictions', () => {
    const peers = Array.from({ length: 50 }, (_, index) => `MachineOf=p${index}`);
    expect(() => checkOptions(fleet(...peers, 'Conflicts=p*'))).toThrow(
      expect.objectContaining({
        facts: { problems: expect.toSatisfy((problems: string[]) => problems.length === 10) as string[] },
      }) as Error,
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
