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

  it.each(['{', '{}', '7'])('whose body is %s is refused', (body) => {
    expect(() => parseMetadataPatch(body)).toThrow(expect.objectContaining({ status: 400 }));
  });
});
