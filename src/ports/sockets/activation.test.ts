import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { activatedDescriptors } from './activation.ts';
import { answersIn, talk } from './fixtures.ts';

it.each([
  ['meant for us', { LISTEN_PID: '7', LISTEN_FDS: '2' }, [3, 4]],
  ['meant for our parent', { LISTEN_PID: '6', LISTEN_FDS: '2' }, []],
  ['absent', {}, []],
  ['nonsense', { LISTEN_PID: '7', LISTEN_FDS: 'many' }, []],
])('takes the sockets that systemd passed on: %s', (_, env, descriptors) => {
  expect(activatedDescriptors(env, 7)).toEqual(descriptors);
});

/** A process that serves on what it is handed, as fleetd does. */
const program = `
import { activatedDescriptors } from './activation.ts';
import { serve } from './serve.ts';
for (const fd of activatedDescriptors(process.env, process.pid))
  await serve({ fd }, async (request) => new Response(fd + ' ' + request.method, { headers: { 'content-length': '5' } }), () => {});
console.log('serving');
`;

it('serves on sockets that somebody else opened, on a unix socket as on TCP', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'activation-'));
  const script = join(directory, 'program.mjs');
  await build({
    stdin: { contents: program, resolveDir: import.meta.dirname, loader: 'ts' },
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  const open = async (place: ListenOptions) => {
    const opened = createServer().listen(place);
    await once(opened, 'listening');
    return { opened, fd: (opened as unknown as { _handle: { fd: number } })._handle.fd };
  };
  const unix = await open({ path: join(directory, 'opened.sock') });
  const tcp = await open({ port: 0, host: '127.0.0.1' });
  const command = 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" "$1"';
  const child = spawn('/bin/sh', ['-c', command, process.execPath, script], {
    stdio: ['ignore', 'pipe', 'inherit', unix.fd, tcp.fd],
  });
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  // Closed here, so that the child alone is left to accept; a closed server removes the path that it knows.
  const path = join(directory, 'served.sock');
  await rename(join(directory, 'opened.sock'), path);
  const { port } = tcp.opened.address() as AddressInfo;
  for (const { opened } of [unix, tcp]) opened.close();

  const get = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  expect(answersIn(await talk(path, get)).map(({ body }) => body)).toEqual(['3 GET']);
  expect(answersIn(await talk(port, get)).map(({ body }) => body)).toEqual(['4 GET']);
  const ended = once(child, 'exit');
  child.kill();
  await ended;
  await rm(directory, { recursive: true });
});
