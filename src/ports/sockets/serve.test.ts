import { once } from 'node:events';
import { get, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { serving } from './fixtures.ts';

it('hands method, path, query, headers and body to the handler and its answer back', async () => {
  await using server = await serving(async (asked) => {
    const { pathname, searchParams } = new URL(asked.url);
    const facts = [
      asked.method,
      pathname,
      searchParams.get('a'),
      asked.headers.get('content-type'),
      await asked.text(),
    ];
    return new Response(facts.join(' '), { status: 201, headers: { 'x-fleet': 'yes' } });
  });
  const asking = request({ socketPath: server.path, path: '/units/x%40.service?a=1', method: 'PUT' });
  asking.setHeader('content-type', 'text/plain');
  asking.end('hello');
  const [response] = await once(asking, 'response');
  expect(response.statusCode).toBe(201);
  expect(response.headers['x-fleet']).toBe('yes');
  expect(await text(response)).toBe('PUT /units/x%40.service 1 text/plain hello');
});

it('streams a body while it is made, and cancels it when the client goes away', async () => {
  let cancelled = () => {};
  const cancellation = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  await using server = await serving(async () => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{}\n')),
      cancel: () => cancelled(),
    });
    return new Response(body);
  });
  const asking = get({ socketPath: server.path, path: '/' });
  const [response] = await once(asking, 'response');
  const [first] = await once(response, 'data');
  expect(String(first)).toBe('{}\n');
  asking.destroy();
  await cancellation;
});

it('answers 500 and tells about it when the handler throws', async () => {
  await using server = await serving(async () => {
    throw new Error('broken');
  });
  const [response] = await once(get({ socketPath: server.path, path: '/' }), 'response');
  expect(response.statusCode).toBe(500);
  expect(server.failures).toEqual([new Error('broken')]);
});

it('stops at once although a client still reads a body without end', async () => {
  const server = await serving(async () => new Response(new ReadableStream()));
  const asking = get({ socketPath: server.path, path: '/' });
  const ended = once(asking, 'response').then(async ([response]) => text(response).catch(() => 'cut off'));
  await once(asking, 'response');
  await server[Symbol.asyncDispose]();
  expect(await ended).toBe('cut off');
});
