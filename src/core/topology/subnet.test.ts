import { describe, expect, it } from 'vitest';
import { chooseSubnet, gatewayAddress, machineAddress, overlaps, parseSubnet, strayRange, usersOf } from './subnet.ts';
import type { ClusterName } from './types.ts';

const lab = 'lab' as ClusterName;
const used = (...ranges: string[]) => ranges.map((range) => ({ range, by: range }));

describe('ranges overlap', () => {
  it.each([
    ['10.1.2.0/24', '10.1.2.0/24', true],
    ['10.1.2.0/24', '10.1.0.0/16', true],
    ['172.17.0.0/16', '172.17.8.0/24', true],
    ['172.17.8.130/32', '172.17.8.0/24', true],
    ['10.1.2.0/24', '10.1.3.0/24', false],
    ['192.168.0.0/16', '172.17.8.0/24', false],
    ['fe80::/10', '172.17.8.0/24', false],
  ])('%s and %s: %s', (a, b, expected) => {
    expect(overlaps(a, b)).toBe(expected);
    expect(overlaps(b, a)).toBe(expected);
  });
});

describe('the subnet of a new cluster', () => {
  it('is the tutorials’ when nobody has it', () => {
    expect(chooseSubnet(lab, used('192.168.0.0/24', '10.0.0.0/8'))).toBe('172.17.8.0/24');
  });

  it('is not disturbed by a default route', () => {
    expect(chooseSubnet(lab, used('0.0.0.0/0'))).toBe('172.17.8.0/24');
    expect(usersOf('172.17.8.0/24', used('0.0.0.0/0'))).toEqual([]);
  });

  it('follows from the name else, the same each time and another for another name', () => {
    const first = chooseSubnet(lab, used('172.17.0.0/16'));
    expect(first).toMatch(/^10\.(12[89]|1[3-9]\d|2[01]\d|22[0-3])\.\d+\.0\/24$/);
    expect(chooseSubnet(lab, used('172.17.0.0/16'))).toBe(first);
    expect(chooseSubnet('other' as ClusterName, used('172.17.0.0/16'))).not.toBe(first);
  });

  it('is the next one when that is taken too, or was refused by the engine', () => {
    const first = chooseSubnet(lab, used('172.17.0.0/16')) ?? '';
    const second = chooseSubnet(lab, used('172.17.0.0/16', first)) ?? '';
    expect(second).not.toBe(first);
    expect(chooseSubnet(lab, used('172.17.0.0/16'), [first])).toBe(second);
  });

  it('does not exist when everything is taken', () => {
    expect(chooseSubnet(lab, used('10.0.0.0/8', '172.16.0.0/12'))).toBeUndefined();
  });
});

describe('a subnet that somebody asks for', () => {
  it('is a /24 from its first address on', () => {
    expect(parseSubnet('10.200.3.0/24')).toEqual({ value: '10.200.3.0/24' });
    for (const wrong of ['10.200.3.0', '10.200.3.0/16', '10.200.3.9/24', '10.200.300.0/24', 'x', '10.1.42.0/24']) {
      expect(parseSubnet(wrong), wrong).toHaveProperty('wrong');
    }
  });

  it('gives every machine, the gateway and strays addresses that do not meet', () => {
    expect(machineAddress('172.17.8.0/24', 1)).toBe('172.17.8.101');
    expect(machineAddress('172.17.8.0/24', 150)).toBe('172.17.8.250');
    expect(gatewayAddress('172.17.8.0/24')).toBe('172.17.8.1');
    expect(strayRange('172.17.8.0/24')).toBe('172.17.8.32/27');
  });
});
