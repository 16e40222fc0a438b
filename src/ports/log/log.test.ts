import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { defineError } from '../../core/errors/define.ts';
import { consoleLog, gathered } from './console.ts';
import type { Facts, Log } from './index.ts';
import { memoryLog } from './memory.ts';

const Broken = defineError<{ part: string }>({
  code: 'BROKEN',
  message: ({ part }) => `the ${part} is broken`,
  remedy: () => 'Mend it.',
});

const written = (act: (log: Log) => void, verbosity = 0): string => {
  const lines: string[] = [];
  act(consoleLog({ verbosity: () => verbosity, write: (line) => void lines.push(line) }));
  return lines.join('');
};

describe('the console log', () => {
  it.each<[string, Facts, string]>([
    ['a plain value', { unit: 'web.service', tries: 3, ok: true }, 'unit=web.service tries=3 ok=true'],
    ['a value with blanks', { because: 'no agents able' }, 'because="no agents able"'],
    ['an empty value', { address: '' }, 'address=""'],
    ['no value', { unit: undefined }, ''],
    ['a value of several lines', { text: 'a\nb' }, 'text="a\\nb"'],
    ['a structure', { tags: ['a', 'b'] }, `tags="[ 'a', 'b' ]"`],
    [
      'an error with a remedy and a cause',
      { error: new Broken({ part: 'bus' }, { cause: new Error('no socket') }) },
      'error="the bus is broken (Mend it.); because: no socket"',
    ],
  ])('prints %s as one fact', (_name, facts, expected) => {
    expect(written((log) => log.info('something happened', facts))).toBe(
      `INFO something happened${expected === '' ? '' : ` ${expected}`}\n`,
    );
  });

  it('names each level as fleetd does', () => {
    expect(
      written((log) => {
        log.info('a');
        log.warn('b');
        log.error('c');
      }),
    ).toBe('INFO a\nWARN b\nERROR c\n');
  });

  it('writes debug events only when asked to be verbose', () => {
    expect(written((log) => log.debug('detail'))).toBe('');
    expect(written((log) => log.debug('detail'), 1)).toBe('DEBUG detail\n');
  });

  it('keeps an event on one line', () => {
    expect(written((log) => log.info('two\nlines'))).toBe('INFO two\\nlines\n');
  });
});

it('the memory log keeps what was said, in order', () => {
  const log = memoryLog();
  log.warn('first', { n: 1 });
  log.debug('second');
  expect(log.events).toEqual([
    { level: 'warn', event: 'first', facts: { n: 1 } },
    { level: 'debug', event: 'second', facts: {} },
  ]);
});

it('the lines of one turn of the loop are written together, and none of them twice', async () => {
  const writes: string[][] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => done(void writes.push([chunk])),
    writev: (chunks, done) => done(void writes.push(chunks.map(({ chunk }) => chunk))),
  });
  const write = gathered(stream);
  const listeners = process.listenerCount('exit');
  write('a');
  write('b');
  expect(writes).toEqual([]);
  await new Promise(setImmediate);
  write('c');
  await new Promise(setImmediate);
  expect(writes).toEqual([['a', 'b'], ['c']]);
  expect(process.listenerCount('exit')).toBe(listeners);
});

it('lines are written also when the process ends within the turn', () => {
  const writes: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => done(void writes.push(chunk)),
  });
  gathered(stream)('last words');
  // What the process does to all who listen for its end.
  process.listeners('exit').at(-1)?.(0);
  expect(writes).toEqual(['last words']);
});
