import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { ApiRefused, ApiUnintelligible, ApiUnreachable } from '../../core/errors/fleet-api.ts';
import { unitName } from '../../core/unit/index.ts';
import { type ApiUnderTest, fleetApiContract } from './contract.ts';
import { tcpDialer, unixDialer } from './dial.ts';
import { played, serveApi } from './fixtures.ts';
import { httpFleetApi } from './http.ts';
import { MemoryFleetApi } from './memory.ts';

const basePath = '/behind/a/proxy';

const served = async (cluster: MemoryFleetApi): Promise<ApiUnderTest> => {
  const server = await serveApi(cluster, basePath);
  return {
    api: httpFleetApi({ dialer: tcpDialer('127.0.0.1', server.port), basePath }),
    cluster: played(cluster),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

fleetApiContract('the API over HTTP', () => served(new MemoryFleetApi()));

fleetApiContract(
  'the API of fleet’s own daemon over HTTP',
  () => served(Object.assign(new MemoryFleetApi(), { takesBatches: false, streamsChanges: false })),
  { streamsChanges: false },
);

it('opens a connection for each request, so that none can be stale', async () => {
  await using server = await serveApi(new MemoryFleetApi());
  const api = httpFleetApi({ dialer: tcpDialer('127.0.0.1', server.port) });
  await api.machines();
  await api.machines();
  expect(server.connections()).toBe(2);
});

it('names the place that nobody answers at', async () => {
  const failure = await httpFleetApi({ dialer: unixDialer('/nowhere/fleet.sock') })
    .machines()
    .catch((cause: unknown) => cause);
  expect(failure).toBeInstanceOf(ApiUnreachable);
  expect(String(failure)).toContain('unix:///nowhere/fleet.sock');
});

const answering = async (answer: string) => {
  const server = createServer((socket) => socket.once('data', () => socket.end(answer)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    api: httpFleetApi({ dialer: tcpDialer('127.0.0.1', port) }),
    [Symbol.dispose]: () => void server.close(),
  };
};

it('does not take a server without the API for one without the unit', async () => {
  using server = await answering('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n404 page not found\n');
  const failure = await server.api.unit(unitName('web.service')).catch((cause: unknown) => cause);
  expect(failure).toBeInstanceOf(ApiRefused);
  expect((failure as Error).message).toBe('googleapi: got HTTP response code 404 with body: 404 page not found\n');
});

it('says so when something else answers', async () => {
  using server = await answering('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>');
  await expect(server.api.machines()).rejects.toBeInstanceOf(ApiUnintelligible);
});

it('ends the stream of changes without an error when the server goes away', async () => {
  const server = await serveApi(new MemoryFleetApi());
  const api = httpFleetApi({ dialer: tcpDialer('127.0.0.1', server.port) });
  const changes = (await api.changes(new AbortController().signal))?.[Symbol.asyncIterator]();
  await changes?.next();
  const next = changes?.next();
  await server[Symbol.asyncDispose]();
  expect((await next)?.done).toBe(true);
});
