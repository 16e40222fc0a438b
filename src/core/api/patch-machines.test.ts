import { describe, expect, it } from 'vitest';
import { parseMetadataPatch } from './patch-machines.ts';

const patch = (...operations: readonly unknown[]) => parseMetadataPatch(JSON.stringify(operations));
const path = '/XXX/metadata/disk.type-1_a';

describe('a PATCH of the machines', () => {
  it('sets values, however they are written', () => {
    const set = { machine: 'XXX', key: 'disk.type-1_a', value: 'ssd' };
    expect(patch({ op: 'add', path, value: 'ssd' })).toEqual([set]);
    expect(patch({ op: 'replace', path, value: { value: 'ssd' } })).toEqual([set]);
    expect(patch({ Op: 'add', Path: path, Value: { Value: 'ssd' } })).toEqual([set]);
  });

  it('removes values', () => {
    expect(patch({ op: 'remove', path })).toEqual([{ machine: 'XXX', key: 'disk.type-1_a', value: undefined }]);
  });

  it('may ask for nothing', () => {
    expect(patch()).toEqual([]);
    expect(parseMetadataPatch('null')).toEqual([]);
  });

  it.each([
    ['an unknown op', { op: 'move', path }, 'invalid op: expect add, remove, or replace'],
    ['no op', { path }, 'invalid op: expect add, remove, or replace'],
    ['a wrong path', { op: 'remove', path: '/XXX/other/key' }, 'machine metadata path invalid'],
    ['a key with a slash', { op: 'remove', path: '/XXX/metadata/a/b' }, 'machine metadata path invalid'],
    ['no value', { op: 'add', path }, 'invalid value: add and replace require a value'],
    ['an empty value', { op: 'replace', path, value: '' }, 'invalid value: add and replace require a value'],
    ['an empty wrapped value', { op: 'add', path, value: {} }, 'invalid value: add and replace require a value'],
    ['a value that is no text', { op: 'add', path, value: { value: 1 } }, 'field "value" must be a string'],
  ])('with %s is refused as a whole', (_, operation, message) => {
    const attempt = () => patch({ op: 'remove', path }, operation);
    expect(attempt).toThrow(expect.objectContaining({ status: 400, message }));
  });

  it('is limited in its operations and in what they store', () => {
    const remove = { op: 'remove', path };
    expect(patch(...Array(1_000).fill(remove))).toHaveLength(1_000);
    expect(() => patch(...Array(1_001).fill(remove))).toThrow('expected at most 1000 operations, got 1001');
    const add = (length: number) => patch({ op: 'add', path: '/m/metadata/k', value: 'v'.repeat(length) });
    expect(add(65_534)).toHaveLength(1);
    expect(() => add(65_535)).toThrow('machine, key and value together exceed 65536 bytes');
  });

  it('is decoded in the words of fleet when it is empty', () => {
    expect(() => parseMetadataPatch('')).toThrow(expect.objectContaining({ status: 400, message: 'EOF' }));
  });

  it.each(['{', '{}', '7'])('whose body is %s is refused', (body) => {
    expect(() => parseMetadataPatch(body)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
