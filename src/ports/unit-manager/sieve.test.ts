import { on, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Sieve, signalHead } from './sieve.ts';

const align = (bytes: Buffer, to: number) => Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to)]);
const text = (value: string) => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(value.length);
  return Buffer.concat([length, Buffer.from(`${value}\0`)]);
};

/** A message as systemd would send it. @see https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol */
function message(type: number, fields: Readonly<Record<number, string>>, argument = ''): Buffer {
  const body = argument === '' ? Buffer.alloc(0) : text(argument);
  let array = Buffer.alloc(0);
  for (const [code, value] of Object.entries(fields)) {
    const kind = code === '8' ? 'g' : code === '1' ? 'o' : 's';
    const head = Buffer.from([Number(code), 1, kind.charCodeAt(0), 0]);
    const written = kind === 'g' ? Buffer.from([value.length, ...Buffer.from(value), 0]) : text(value);
    array = Buffer.concat([align(array, 8), head, written]);
  }
  const head = Buffer.alloc(16);
  head.set([0x6c, type, 0, 1]);
  head.writeUInt32LE(body.length, 4);
  head.writeUInt32LE(7, 8);
  head.writeUInt32LE(array.length, 12);
  return Buffer.concat([align(Buffer.concat([head, array]), 8), body]);
}

const signal = (path: string, member: string, argument = '') =>
  message(4, { 1: path, 2: 'an.interface', 3: member, ...(argument === '' ? {} : { 8: 's' }) }, argument);

describe('the head of a signal', () => {
  it('tells path, member and first argument', () => {
    const head = signalHead(signal('/unit/a_2eservice', 'PropertiesChanged', 'org.freedesktop.systemd1.Unit'));
    expect(head).toMatchObject({ path: '/unit/a_2eservice', member: 'PropertiesChanged' });
    expect(head?.argument()).toBe('org.freedesktop.systemd1.Unit');
    expect(signalHead(signal('/unit', 'Reloading'))?.argument()).toBe('');
  });

  it('is no head of an answer', () => {
    expect(signalHead(message(2, { 8: 's' }, 'yes'))).toBeUndefined();
  });
});

describe('the sieve', () => {
  const connected = async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sieve-'));
    const server = createServer();
    server.listen(join(directory, 'bus'));
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    const sieve = new Sieve(connect(join(directory, 'bus')), ({ member }) => member === 'Wanted');
    const [peer] = await accepted;
    return {
      sieve,
      peer,
      async [Symbol.asyncDispose]() {
        sieve.destroy();
        peer.destroy();
        server.close();
        await rm(directory, { recursive: true });
      },
    };
  };
  const read = async (sieve: Sieve, length: number) => {
    let bytes = Buffer.alloc(0);
    for await (const [chunk] of on(sieve, 'data')) {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length >= length) break;
    }
    return bytes;
  };

  it('passes the greeting, wanted signals and everything that is no signal, however the bytes are cut', async () => {
    await using line = await connected();
    const wanted = signal('/a', 'Wanted', 'hello');
    const answer = message(2, { 8: 's' }, 'yes');
    const all = Buffer.concat([
      Buffer.from('OK 1234\r\n'),
      signal('/a', 'Noise', 'x'),
      wanted,
      signal('/b', 'Noise'),
      answer,
    ]);
    for (const byte of all) {
      line.peer.write(Buffer.from([byte]));
    }
    const expected = Buffer.concat([Buffer.from('OK 1234\r\n'), wanted, answer]);
    expect(await read(line.sieve, expected.length)).toEqual(expected);
  });

  it('sends the end of the authentication with its start, and not a second time', async () => {
    await using line = await connected();
    line.sieve.write('\0');
    line.sieve.write('AUTH EXTERNAL 30\r\n');
    line.sieve.write('BEGIN\r\n');
    line.sieve.write('message');
    let received = '';
    while (!received.endsWith('message')) received += String((await once(line.peer, 'data'))[0]);
    expect(received).toBe('\0AUTH EXTERNAL 30\r\nBEGIN\r\nmessage');
  });

  it('ends when the other side does', async () => {
    await using line = await connected();
    const closed = once(line.sieve, 'close');
    line.peer.destroy();
    line.sieve.resume();
    await closed;
  });
});
