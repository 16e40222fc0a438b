import { describe, expect, it } from 'vitest';
import type { Entry } from './backend.ts';
import { changes } from './changes.ts';

const entry = (text: string): Entry => {
  const [key = '', value = ''] = text.split('=');
  return { key, value };
};
const published = (...texts: string[]) => new Map(texts.map(entry).map(({ key, value }) => [key, value]));

describe('changes', () => {
  it.each<[string, string[], string[], string[], string[]]>([
    ['puts what is new', ['a=1'], [], ['a=1'], []],
    ['removes what is gone, with the value that was ours', [], ['a=1'], [], ['a=1']],
    ['leaves alone what is as it should be', ['a=1'], ['a=1'], [], []],
    ['puts what changed, without removing it first', ['a=2'], ['a=1'], ['a=2'], []],
    ['lets the later of two entries win', ['a=1', 'a=2'], [], ['a=2'], []],
  ])('%s', (_, wanted, there, put, remove) => {
    expect(changes(wanted.map(entry), published(...there))).toEqual({
      put: put.map(entry),
      remove: remove.map(entry),
    });
  });
});
