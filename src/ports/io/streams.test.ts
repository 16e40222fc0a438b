import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { captureIo } from '../../testing/capture-io.ts';
import { ioOf } from './streams.ts';

it('keeps results and all else apart', () => {
  const io = captureIo();
  io.out('a result');
  io.err('a remark');
  expect([io.output(), io.errors()]).toEqual(['a result\n', 'a remark\n']);
});

it('asks on stderr, leaving the cursor where the answer will stand', async () => {
  const io = captureIo('yes\n');
  expect(await io.ask('sure? ')).toBe('yes');
  expect([io.output(), io.errors()]).toEqual(['', 'sure? ']);
});

it('takes one line for each question, and tells when there is no more', async () => {
  const io = captureIo('yes\r\nno\nlast');
  expect([await io.ask('1'), await io.ask('2'), await io.ask('3'), await io.ask('4')]).toEqual([
    'yes',
    'no',
    'last',
    undefined,
  ]);
});

it('waits for an answer that comes in pieces', async () => {
  const stdin = new PassThrough();
  const answer = ioOf({ stdin, stdout: new PassThrough(), stderr: new PassThrough() }).ask('?');
  stdin.write('y');
  await new Promise(setImmediate);
  stdin.write('es\nrest');
  expect(await answer).toBe('yes');
  expect(String(stdin.read())).toBe('rest');
});
