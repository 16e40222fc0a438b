import { expect, it } from 'vitest';
import { Written } from './written.ts';

const key = '/skydns/dev/webapp/redis/redis-1';

it('knows for sure what the store confirmed', () => {
  const written = new Written();
  written.trying(key, 'a');
  expect(written.surely(key)).toBeUndefined();
  expect(written.standing()).toEqual(new Map([[key, '']]));
  written.wrote(key, 'a');
  expect(written.standing()).toEqual(new Map([[key, 'a']]));
  written.removed(key);
  expect(written.isEmpty()).toBe(true);
});

it('removes every value that may stand there', () => {
  const written = new Written();
  written.wrote(key, 'a');
  written.trying(key, 'b');
  expect([...written.values(key)]).toEqual(['a', 'b']);
});

it('knows a write again that was carried out after the removal', () => {
  const written = new Written();
  written.trying(key, 'a');
  written.removed(key);
  expect(written.isEmpty()).toBe(true);
  expect(written.surfaced(key, "somebody else's")).toBe(false);
  expect(written.surfaced(key, 'a')).toBe(true);
  expect([...written.standing().keys()]).toEqual([key]);
});

it('keeps in mind what was overwritten while nobody knew whether it stood there', () => {
  const written = new Written();
  written.trying(key, 'a');
  written.wrote(key, 'b');
  expect([...written.values(key)]).toEqual(['b', 'a']);
  expect([...written.late()]).toEqual([[key, new Set(['a'])]]);
  written.forgetLate(key);
  expect([...written.values(key)]).toEqual(['b']);
});

it('doubts what it was sure of, when it is told to', () => {
  const written = new Written();
  written.wrote(key, 'a');
  written.doubt(key);
  expect(written.sureKeys()).toEqual([]);
  expect([...written.values(key)]).toEqual(['a']);
});
