import { describe, expect, it } from 'vitest';
import { MachineIdInvalid } from '../errors/machine.ts';
import { parseUnitFile } from '../unit/file.ts';
import { requirementsOf } from '../unit/requirements.ts';
import { parseCapabilities, printCapabilities } from './capabilities.ts';
import { isNamed, machineId, shortId } from './id.ts';
import { hasMetadata, machineRefusal } from './match.ts';
import { mergeMetadata, parseMetadata, printMetadata } from './metadata.ts';

const id = machineId('113f16a7f5e7426189a9d4e0c1f4a1b2\n');

describe('a machine id', () => {
  it('is the trimmed content of /etc/machine-id', () => {
    expect(id).toBe('113f16a7f5e7426189a9d4e0c1f4a1b2');
  });

  it.each(['', ' \n', 'a b', 'a/b'])('is not %j', (text) => {
    expect(() => machineId(text)).toThrow(MachineIdInvalid);
  });

  it('is shortened to eight characters, or to itself', () => {
    expect(shortId(id)).toBe('113f16a7');
    expect(shortId('m1')).toBe('m1');
  });

  it('is named by its whole or its short form, not by another prefix', () => {
    expect([id, '113f16a7', '113f16a', '113f16a7f', ''].map((wanted) => isNamed(id, wanted))).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('metadata', () => {
  it.each([
    ['', {}],
    ['purpose=services', { purpose: 'services' }],
    [' region = us-east-1 , disk=ssd', { region: 'us-east-1', disk: 'ssd' }],
    ['a=b=c', { a: 'b=c' }],
    ['a,b=,c=1,c=2', { b: '', c: '2' }],
  ])('is read from "%s"', (text, metadata) => {
    expect(parseMetadata(text)).toEqual(metadata);
  });

  it('is printed sorted by key', () => {
    expect(printMetadata({ zone: 'a', disk: 'ssd' })).toBe('disk=ssd,zone=a');
    expect(printMetadata({})).toBe('');
  });

  it('is overridden, extended and hidden at run time', () => {
    const dynamic = new Map([
      ['zone', 'b'],
      ['rack', '7'],
      ['disk', ''],
      ['never', ''],
    ]);
    expect(mergeMetadata({ zone: 'a', disk: 'ssd', cpu: 'fast' }, dynamic)).toEqual({
      cpu: 'fast',
      rack: '7',
      zone: 'b',
    });
  });

  it('may have keys that objects have by themselves', () => {
    const metadata = mergeMetadata(parseMetadata('__proto__=x,constructor=y'), new Map([['toString', 'z']]));
    expect(printMetadata(metadata)).toBe('__proto__=x,constructor=y,toString=z');
    expect(hasMetadata({}, new Map([['constructor', new Set(['y'])]]))).toBe(false);
  });
});

describe('a machine seen alone', () => {
  const machine = { id, publicIp: '', metadata: { region: 'us-west-1', disk: 'SSD' }, capabilities: {}, version: '' };
  const refusal = (...lines: readonly string[]) =>
    machineRefusal(machine, requirementsOf(parseUnitFile(`[X-Fleet]\n${lines.join('\n')}\n`)));

  it.each([
    [['MachineMetadata=region=us-west-1']],
    [['MachineMetadata="region=us-east-1" "disk=SSD"', 'MachineMetadata=region=us-west-1']],
    [['MachineID=113f16a7']],
    [['MachineID=113f16a7f5e7426189a9d4e0c1f4a1b2', 'MachineMetadata=disk=SSD']],
    [['Conflicts=*']],
    [[]],
  ])('takes a unit with %j', (lines) => {
    expect(refusal(...lines)).toBeUndefined();
  });

  it.each([
    [['MachineMetadata=region=us-east-1'], 'local Machine metadata insufficient'],
    [['MachineMetadata=disk=SSD', 'MachineMetadata=rack=1'], 'local Machine metadata insufficient'],
    [['MachineID=113f'], `agent ID "${id}" does not match required "113f"`],
    [['MachineID='], `agent ID "${id}" does not match required ""`],
    [['MachineID=other', 'MachineMetadata=rack=1'], `agent ID "${id}" does not match required "other"`],
  ])('refuses a unit with %j', (lines, because) => {
    expect(refusal(...lines)).toBe(because);
  });
});

describe('capabilities', () => {
  it.each([true, false])('survive an announcement (engine: %s)', (engine) => {
    expect(parseCapabilities(printCapabilities({ engine }))).toEqual({ engine });
  });

  it('are all there when nothing is announced', () => {
    expect(parseCapabilities({})).toEqual({ engine: true });
  });
});
