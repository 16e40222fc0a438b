import { describe, expect, it } from 'vitest';
import { parseMetadata, printMetadata } from './metadata.ts';
import { machineId, machineIndex, machineName, parseClusterName } from './names.ts';
import { editDistance, nearNames } from './near.ts';
import { chooseSshPorts } from './ssh-port.ts';
import type { ClusterName } from './types.ts';

const lab = 'lab' as ClusterName;

describe('names', () => {
  it.each(['lab', 'web-2', 'a', '3x'])('takes %s for a cluster', (name) => {
    expect(parseClusterName(name)).toEqual({ value: name });
  });

  it.each(['', 'Lab', 'a_b', '-a', 'a-', 'ä', 'x'.repeat(33)])('refuses "%s" for a cluster', (name) => {
    expect(parseClusterName(name)).toHaveProperty('wrong');
  });

  it('count machines as Vagrant does, there and back', () => {
    for (const index of [1, 9, 10, 99, 100, 150]) expect(machineIndex(machineName(index))).toBe(index);
    expect(machineName(1)).toBe('core-01');
    for (const wrong of ['core-1', 'core-00', 'core-001', 'core-151', 'web-01', '']) {
      expect(machineIndex(wrong), wrong).toBeUndefined();
    }
  });

  it('derive a machine id from cluster and machine, and from nothing else', () => {
    // As it was when this was written: it must not change from one release to the next either.
    expect(machineId(lab, 1)).toBe('5b7fd7b50e756b5b2b5bb684fc3f50b2');
    expect(new Set([machineId(lab, 1), machineId(lab, 2), machineId('x' as ClusterName, 1)]).size).toBe(3);
  });
});

describe('what somebody probably meant', () => {
  it.each([
    ['', '', 0],
    ['lab', 'lab', 0],
    ['lab', 'lba', 1],
    ['machine', 'machines', 1],
    ['kitten', 'sitting', 3],
  ])('%s and %s are %i slips apart', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  it('is near, nearest first, or nothing', () => {
    expect(nearNames('wepapp', ['lab', 'webapp', 'webapp2'])).toEqual(['webapp', 'webapp2']);
    expect(nearNames('lab', ['production'])).toEqual([]);
    expect(nearNames('LAB', ['lab'])).toEqual(['lab']);
  });
});

describe('metadata', () => {
  it('are sorted by key and printed as they were typed', () => {
    expect(parseMetadata('purpose=db, disk=ssd')).toEqual({ value: { disk: 'ssd', purpose: 'db' } });
    expect(printMetadata({ purpose: 'db', disk: 'ssd' })).toBe('disk=ssd,purpose=db');
    expect(printMetadata({})).toBe('-');
    expect(parseMetadata('')).toEqual({ value: {} });
  });

  it.each(['a', '=b', 'a=', 'a=b,c'])('refuses "%s"', (text) => {
    expect(parseMetadata(text)).toHaveProperty('wrong');
  });
});

describe('ssh ports', () => {
  it('count up from 2222, past those that are taken', () => {
    expect(chooseSshPorts(3, new Set())).toEqual([2222, 2223, 2224]);
    expect(chooseSshPorts(2, new Set([2222, 2224]))).toEqual([2223, 2225]);
  });
});
