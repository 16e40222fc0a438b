import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { relay } from './relay.ts';

const dialling = async (port: number, allowHalfOpen = false): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen });
  await once(socket, 'connect');
  return socket;
};

/** Answers when all has been said. */
const echo = async () => {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, [Symbol.dispose]: () => void server.close() };
};

it('carries bytes both ways, also when one side has said all', async () => {
  using there = await echo();
  await using here = await relay(() => dialling(there.port, true));
  const sockets = await Promise.all([dialling(here.port, true), dialling(here.port, true)]);
  for (const [index, socket] of sockets.entries()) socket.end(`hello ${index}`);
  expect(await Promise.all(sockets.map(text))).toEqual(['hello 0', 'hello 1']);
});

it('closes a connection that leads nowhere', async () => {
  await using here = await relay(() => Promise.reject(new Error('nowhere')));
  const socket = await dialling(here.port);
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
});

it('closes both sides when one breaks, and all when it ends', async () => {
  using there = await echo();
  const dialled: Duplex[] = [];
  const here = await relay(async () => {
    const stream = await dialling(there.port);
    dialled.push(stream);
    return stream;
  });
  const [first, second] = [await dialling(here.port), await dialling(here.port)];
  while (dialled.length < 2) await new Promise(setImmediate);
  for (const socket of [first, second]) socket.on('error', () => {}).resume();
  dialled[0]?.destroy();
  await once(first, 'close');
  expect(second.destroyed).toBe(false);
  await Promise.all([once(second, 'close'), here[Symbol.asyncDispose]()]);
});
