/** What a well-behaved engine never does, from a server that does it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authority, client, server, strangeAuthority } from '../../testing/fixed-certificates.ts';
import { dockerContainers } from './docker.ts';

async function anEngine(answer: RequestListener) {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const socket = join(folder, 'docker.sock');
  const listening = createServer(answer);
  await new Promise<void>((resolve) => listening.listen(socket, resolve));
  return {
    containers: dockerContainers(`unix://${socket}`),
    [Symbol.asyncDispose]: async () => {
      listening.closeAllConnections();
      listening.close();
      await rm(folder, { recursive: true });
    },
  };
}

const event = (kind: string, id: string) => JSON.stringify({ Action: kind, Actor: { ID: id } });
const never = new AbortController().signal;

describe('the events of an engine', () => {
  it('go on after a line that is none, and across the borders of pieces', async () => {
    await using engine = await anEngine((_, response) => {
      const lines = ['', '{half', 'null', '"text"', '{}', event('start', 'b'), event('pause', 'c'), event('die', 'a')];
      const text = `${event('start', 'a')}\n${lines.join('\n')}\n`;
      response.write(text.slice(0, 20));
      setTimeout(() => response.end(text.slice(20)), 20);
    });
    const seen: string[] = [];
    for await (const { kind, id } of await engine.containers.events(never)) seen.push(`${kind} ${id}`);
    expect(seen).toEqual(['start a', 'start b', 'die a']);
  });

  it('break off with an error when the connection does, after all that was heard', async () => {
    await using engine = await anEngine((_, response) => {
      response.write(`${event('start', 'a')}\n`);
      setTimeout(() => response.destroy(), 20);
    });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { id } of await engine.containers.events(never)) seen.push(id);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'CONTAINERS_UNREACHABLE' });
    expect(seen).toEqual(['a']);
  });
});

it('takes a container for what it is when the engine leaves things out', async () => {
  const bare = {
    Id: 'a',
    Name: '/n0',
    Config: { Image: 'nginx', Hostname: 'h', Env: null, Labels: null },
    HostConfig: {},
    NetworkSettings: { Ports: null, Networks: null },
    State: { Running: true, ExitCode: 0 },
  };
  await using engine = await anEngine((_, response) => response.end(JSON.stringify(bare)));
  expect(await engine.containers.inspect('a')).toEqual({
    ...{ id: 'a', name: 'n0', image: 'nginx', hostname: 'h', environment: [], labels: {}, networkMode: 'default' },
    ...{ exposed: [], published: {}, bridgeAddress: '', networks: {}, running: true, exitCode: 0 },
  });
});

describe('an engine behind TLS', () => {
  it.each([
    ['answers whom its authority vouches for', { ca: authority, ...client }, true],
    ['is not believed when a strange authority vouches for it', { ca: strangeAuthority, ...client }, false],
  ])('%s', async (_, tls, isReached) => {
    const options = { ...server, ca: authority, requestCert: true, rejectUnauthorized: true };
    const listening = createTlsServer(options, (_, response) => response.end('[{"Id":"a"}]'));
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const address = listening.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const listed = dockerContainers(`tcp://127.0.0.1:${port}`, tls).list();
    if (isReached) expect(await listed).toEqual(['a']);
    else await expect(listed).rejects.toMatchObject({ code: 'CONTAINERS_UNREACHABLE' });
    listening.closeAllConnections();
    listening.close();
  });
});
