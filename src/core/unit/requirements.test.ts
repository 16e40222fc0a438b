import { describe, expect, it } from 'vitest';
import { seeded, seeds } from '../base/choices.ts';
import { parseUnitFile } from './file.ts';
import { isGlobal, requirementsOf, requirementWarnings, splitMultiValue } from './requirements.ts';

const fleet = (...lines: readonly string[]) => parseUnitFile(`[X-Fleet]\n${lines.join('\n')}\n`);
const patterns = (globs: readonly { pattern: string }[]) => globs.map(({ pattern }) => pattern);
const metadata = (...lines: readonly string[]) =>
  Object.fromEntries([...requirementsOf(fleet(...lines)).metadata].map(([key, values]) => [key, [...values].sort()]));

describe('a multi-value', () => {
  it.each([
    ['"a=b" "c=d"', ['a=b', 'c=d']],
    ['"bar" "', ['bar', '']],
    ['"foo\\"bar"', ['foo\\bar']],
    ['a=b c=d', ['a=b c=d']],
    ['"a"  "b"', ['a', '', 'b']],
    ['"a"\t"b"', ['a\tb']],
    ['"a b" "c"', ['a b', 'c']],
    ['""', ['']],
    ['"', ['']],
    ['', ['']],
    ['"a', ['"a']],
  ])('%s splits into %j', (value, items) => {
    expect(splitMultiValue(value)).toEqual(items);
  });
});

describe('quoted items', () => {
  it.each(seeds(200))('are found again, whatever is in them (seed %i)', (seed) => {
    const choices = seeded(seed);
    const item = () =>
      Array.from({ length: choices.below(6) }, () => choices.oneOf([' ', 'a', '=', '\\', '\t', '%'])).join('');
    const items = Array.from({ length: 1 + choices.below(4) }, item);
    expect(splitMultiValue(items.map((text) => `"${text}"`).join(' '))).toEqual(items);
  });
});

describe('the requirements of a unit', () => {
  it('are none without an X-Fleet section', () => {
    expect(requirementsOf(parseUnitFile('[Service]\nMachineID=x\n[x-fleet]\nGlobal=true\n'))).toEqual({
      machineId: undefined,
      peers: [],
      metadata: new Map(),
      conflicts: [],
      replaces: [],
      global: false,
    });
  });

  it('take the machine id from the first spelling present, and the first value of it', () => {
    expect(requirementsOf(fleet('X-ConditionMachineID=b', 'MachineID=a', 'MachineID=c')).machineId).toBe('a');
    expect(requirementsOf(fleet('X-ConditionMachineBootID=c', 'X-ConditionMachineID=b')).machineId).toBe('b');
    expect(requirementsOf(fleet('X-ConditionMachineBootID=c')).machineId).toBe('c');
  });

  it('count an empty machine id and an empty peer as given', () => {
    expect(requirementsOf(fleet('MachineID=')).machineId).toBe('');
    expect(requirementsOf(fleet('MachineOf=')).peers).toEqual(['']);
  });

  it('collect peers, the deprecated spelling first, without splitting at spaces', () => {
    expect(requirementsOf(fleet('MachineOf="a.service" "b.service"', 'X-ConditionMachineOf=c d')).peers).toEqual([
      'c d',
      'a.service',
      'b.service',
    ]);
  });

  it('split conflicts at whitespace, and replaces not', () => {
    const { conflicts, replaces } = requirementsOf(
      fleet('Conflicts=a*  b*', 'X-Conflicts=c', 'Conflicts="d e" "f"', 'Conflicts=', 'Replaces=g h', 'Replaces='),
    );
    expect(patterns(conflicts)).toEqual(['c', 'a*', 'b*', 'd', 'e', 'f']);
    expect(patterns(replaces)).toEqual(['g h', '']);
  });

  it('or values of one metadata key and keep keys apart', () => {
    expect(metadata('MachineMetadata="region=us-east-1" "diskType=SSD"', 'MachineMetadata=region=us-west-1')).toEqual({
      diskType: ['SSD'],
      region: ['us-east-1', 'us-west-1'],
    });
    expect(metadata('X-ConditionMachineMetadata=a=b')).toEqual({ a: ['b'] });
  });

  it('ignore metadata that is not one key and one value', () => {
    expect(
      metadata('MachineMetadata=foo=', 'MachineMetadata==x', 'MachineMetadata=a=b=c', 'MachineMetadata=a'),
    ).toEqual({});
  });

  it.each([
    ['true', true],
    ['YES', true],
    ['1', true],
    ['On', true],
    ['t', true],
    ['y', false],
    ['false', false],
    ['', false],
  ])('read Global=%s as %s', (value, expected) => {
    expect(isGlobal(fleet(`Global=${value}`))).toBe(expected);
  });

  it('let the last Global win, and do not know it by deprecated spellings', () => {
    expect(isGlobal(fleet('Global=true', 'Global=no'))).toBe(false);
    expect(isGlobal(fleet('Global="no" "true"'))).toBe(true);
    expect(isGlobal(fleet('X-Global=true', 'X-ConditionGlobal=true'))).toBe(false);
  });

  it('replace specifiers with the parts of the name, after splitting values and before splitting words', () => {
    const file = fleet('MachineOf="%p-db@%i.service" "%n" "%N"', 'Conflicts=%p@*.service %%i');
    const { peers, conflicts } = requirementsOf(file, 'web@7.service');
    expect(peers).toEqual(['web-db@7.service', 'web@7.service', 'web@7']);
    expect(patterns(conflicts)).toEqual(['web@*.service', '%7']);
  });

  it('are each unit’s own, though units share a file', () => {
    const shared = fleet('MachineOf=db@%i.service');
    expect(['web@1.service', 'web@2.service'].map((name) => requirementsOf(shared, name).peers)).toEqual([
      ['db@1.service'],
      ['db@2.service'],
    ]);
  });

  it('leave specifiers alone without a name', () => {
    expect(requirementsOf(fleet('MachineOf=%p.service')).peers).toEqual(['%p.service']);
  });

  it('replace the instance by nothing where there is none', () => {
    expect(requirementsOf(fleet('MachineMetadata=rack=r%i'), 'web.service').metadata).toEqual(
      new Map([['rack', new Set(['r'])]]),
    );
  });

  it('warn once about keys that mean nothing', () => {
    const file = fleet(
      'MachineId=a',
      'MachineOf=c',
      'Replaces=d',
      'Global=no',
      'X-ConditionMachineBootID=e',
      'X-Conflicts=b',
      'Weight="1"',
      'Weight=2',
      'X-Global=true',
    );
    expect(requirementWarnings('web.service', file)).toEqual([
      'Unit web.service: unrecognized requirement in [X-Fleet] section: "MachineId"',
      'Unit web.service: unrecognized requirement in [X-Fleet] section: "Weight"',
      'Unit web.service: unrecognized requirement in [X-Fleet] section: "X-Global"',
    ]);
  });
});
