/** What a server of ours answers to bytes, well-formed or not, as they come over a real socket. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ms } from '../../core/base/time.ts';
import { answersIn, serving, statusesIn, talk } from './fixtures.ts';
import type { Handler } from './index.ts';

/** Says what it was asked. */
const echo: Handler = async (request) => {
  const { pathname, search } = new URL(request.url);
  const body = `${request.method} ${pathname}${search} ${(await request.text()).length}`;
  return new Response(body, {
    headers: { 'content-type': 'text/plain', 'content-length': String(body.length), server: 'echo' },
  });
};
const last = 'Host: x\r\nConnection: close\r\n\r\n';
const bodies = (bytes: string) => answersIn(bytes).map(({ body }) => body);

describe('an answer', () => {
  it('has its header names as people write them, its length, and nothing that goes without saying', async () => {
    await using server = await serving(echo);
    const [first] = answersIn(await talk(server.path, `GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n${last}`));
    expect(first?.head.map((line) => line.replace(/^Date: .*/, 'Date:'))).toEqual([
      'HTTP/1.1 200 OK',
      'Content-Length: 7',
      'Content-Type: text/plain',
      'Server: echo',
      'Date:',
    ]);
  });

  it('without a body has length 0, and none with 204', async () => {
    for (const [status, length] of [
      [201, 'Content-Length: 0'],
      [204, undefined],
    ]) {
      await using server = await serving(async () => new Response(null, { status: status as number }));
      const [answer] = answersIn(await talk(server.path, `PUT / HTTP/1.1\r\n${last}`));
      expect(answer?.head.find((line) => /^(content-length|transfer-encoding)/i.test(line))).toBe(length);
    }
  });

  it('to HEAD has the length of the body and not the body', async () => {
    await using server = await serving(echo);
    const answer = await talk(server.path, `HEAD / HTTP/1.1\r\n${last}`);
    expect(answer).toContain('\r\nContent-Length: 8\r\n');
    expect(answer.endsWith('\r\n\r\n')).toBe(true);
  });

  it('to HTTP/1.0 ends the connection unless the client asks otherwise', async () => {
    await using server = await serving(echo);
    expect(await talk(server.path, 'GET /a HTTP/1.0\r\n\r\n')).toMatch(
      /^HTTP\/1.1 200 OK\r\n[\s\S]*Connection: close\r\n[\s\S]*GET \/a 0$/,
    );
    const twice = await talk(server.path, 'GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n');
    expect(bodies(twice)).toEqual(['GET /a 0', 'GET /b 0']);
    expect(answersIn(twice)[0]?.head).toContain('Connection: keep-alive');
  });

  it('whose end is not known goes to HTTP/1.0 as it is, and ends with the connection', async () => {
    await using server = await serving(async () => new Response('streamed'));
    expect(await talk(server.path, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/\r\n\r\nstreamed$/);
    expect(await talk(server.path, `GET / HTTP/1.1\r\n${last}`)).toMatch(/\r\n\r\n8\r\nstreamed\r\n0\r\n\r\n$/);
  });

  it('comes to a client that has closed its half of the connection', async () => {
    await using server = await serving(async (request) => {
      await sleep(20);
      return echo(request);
    });
    const answer = await talk(server.path, 'GET /a HTTP/1.1\r\nHost: x\r\n\r\n', (socket) => socket.end());
    expect(bodies(answer)).toEqual(['GET /a 0']);
  });

  it('without end is given up when its client closes its half', async () => {
    let cancel = () => {};
    const cancelled = new Promise<void>((resolve) => {
      cancel = resolve;
    });
    const endless = () =>
      new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('{}\n')), cancel });
    await using server = await serving(async () => new Response(endless()));
    await talk(server.path, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', async (socket) => {
      await once(socket, 'data');
      socket.end();
    });
    await cancelled;
  });
});

describe('requests on one connection', () => {
  it('are answered one after the other, however fast they come', async () => {
    const running: string[] = [];
    await using server = await serving(async (request) => {
      running.push(new URL(request.url).pathname);
      await sleep(running.length === 1 ? 30 : 0);
      running.push('end');
      return echo(request);
    });
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    const put = 'PUT /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc';
    const answer = await talk(server.path, `${get('/a')}${put}GET /c HTTP/1.1\r\n${last}`);
    expect(bodies(answer)).toEqual(['GET /a 0', 'PUT /b 3', 'GET /c 0']);
    expect(running).toEqual(['/a', 'end', '/b', 'end', '/c', 'end']);
  });

  it('are all answered, also when hundreds are sent ahead', async () => {
    await using server = await serving(echo);
    const count = 300;
    const answer = await talk(
      server.path,
      `${'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count)}GET /last HTTP/1.1\r\n${last}`,
    );
    expect(statusesIn(answer)).toHaveLength(count + 1);
    expect(bodies(answer).at(-1)).toBe('GET /last 0');
  });

  it('are answered before the rubbish that follows them is refused', async () => {
    await using server = await serving(async (request) => {
      await sleep(20);
      return echo(request);
    });
    const answer = await talk(
      server.path,
      'GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n\x16\x03\x01rubbish\r\n\r\n',
    );
    expect(statusesIn(answer)).toEqual([200, 200, 400]);
    expect(server.failures).toEqual([]);
  });
});

describe('a target', () => {
  const target = async (written: string) => {
    await using server = await serving(echo, { reject: ({ status, why }) => new Response(why, { status }) });
    return bodies(await talk(server.path, `GET ${written} HTTP/1.1\r\n${last}`))[0];
  };

  it.each([
    ['in absolute form', 'http://fleet.example:49153/fleet/v1/units?a=b', '/fleet/v1/units?a=b'],
    ['in absolute form without a path', 'http://fleet.example', '/'],
    ['with a query and no path, in absolute form', 'http://fleet.example?a=b', '/?a=b'],
    ['that looks like another host', '//evil.example/units', '//evil.example/units'],
    ['with double slashes', '/fleet//v1/units', '/fleet//v1/units'],
    ['with a backslash, as unit names have', '/units/a\\x2db.service', '/units/a%5Cx2db.service'],
    ['with a hash sign', '/units/a#b', '/units/a%23b'],
    ['with stray percent signs', '/units/a%zz%', '/units/a%zz%'],
    ['with an encoded nul and slash', '/units/%00%2F', '/units/%00%2F'],
    ['with dots that are names', '/units/...%2e/a..b', '/units/...%2e/a..b'],
  ])('%s is told as it is', async (_, written, told) => {
    expect((await target(written))?.toLowerCase()).toBe(`GET ${told} 0`.toLowerCase());
  });

  it.each(['*', '/units/../machines', '/units/%2E./machines', '/units/.', '/..', 'http://x/a/../b', 'http://x/..?a'])(
    '%s is refused',
    async (written) => {
      expect(await target(written)).toBe('the request target must be a path without dot segments');
    },
  );
});

describe('rubbish', () => {
  const status = async (bytes: string) => {
    await using server = await serving(echo, { limits: { headerWithin: ms(200), lookEvery: ms(50) } });
    const answer = await talk(server.path, bytes, (socket) => socket.end());
    expect(server.failures).toEqual([]);
    expect(bodies(await talk(server.path, `GET /alive HTTP/1.1\r\n${last}`))).toEqual(['GET /alive 0']);
    return statusesIn(answer);
  };
  const headers = (...lines: readonly string[]) =>
    `PUT / HTTP/1.1\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400],
    ['the start of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['HTTP/0.9', 'GET /\r\n', 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['an unknown version', 'GET / HTTP/3.9\r\nHost: x\r\n\r\n', 400],
    ['an unknown method', 'BREW / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a method in lower case', 'get / HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a target that is no path', 'GET units HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a target with a space', 'GET /a b HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['bytes beyond ASCII in the target', 'GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a nul in the target', 'GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', headers('Host: x', 'Host: y'), 400],
    ['a header without a colon', headers('Host: x', 'rubbish'), 400],
    ['a header with a nul', headers('Host: x', 'A: b\0c'), 400],
    ['a header name with a space', headers('Host: x', 'A b: c'), 400],
    ['two lengths', headers('Host: x', 'Content-Length: 1', 'Content-Length: 2'), 400],
    ['a negative length', headers('Host: x', 'Content-Length: -1'), 400],
    ['a length beyond numbers', headers('Host: x', 'Content-Length: 99999999999999999999999'), 400],
    ['a length and chunks', headers('Host: x', 'Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
    ['an unknown transfer coding', headers('Host: x', 'Transfer-Encoding: gzip'), 400],
    ['chunks of no size', `${headers('Host: x', 'Transfer-Encoding: chunked')}zz\r\n`, 400],
    ['a body that ends too early', `${headers('Host: x', 'Content-Length: 10')}abc`, 400],
    ['a header that ends too early', 'GET / HTTP/1.1\r\nHost:', 400],
    ['a header beyond the limit', headers('Host: x', `A: ${'a'.repeat(20_000)}`), 431],
    ['a target beyond the limit', `GET /?${'a=b&'.repeat(5_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ['many small headers beyond the limit', headers('Host: x', ...Array<string>(20_000).fill('A: b')), 431],
    ['an expectation that cannot be met', headers('Host: x', 'Expect: the-unexpected', 'Content-Length: 0'), 417],
    ['a tunnel', 'CONNECT example:80 HTTP/1.1\r\nHost: x\r\n\r\n', 405],
  ])('like %s gets a 400-class answer and the server goes on', async (_, bytes, expected) => {
    expect(await status(bytes)).toEqual([expected]);
  });

  it.each([
    ['TRACE', 'TRACE /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'TRACE /a 0'],
    ['OPTIONS', 'OPTIONS /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 'OPTIONS /a 0'],
    [
      'a wish to upgrade',
      `GET /a HTTP/1.1\r\nUpgrade: websocket\r\nHost: x\r\nConnection: close, Upgrade\r\n\r\n`,
      'GET /a 0',
    ],
    ['a GET with a body', `GET /a HTTP/1.1\r\nContent-Length: 3\r\n${last}abc`, 'GET /a 0'],
    [
      'chunks',
      `PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${last}3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: t\r\n\r\n`,
      'PUT /a 5',
    ],
  ])('is not what it is: %s', async (_, bytes, told) => {
    await using server = await serving(echo);
    expect(bodies(await talk(server.path, bytes))).toEqual([told]);
  });

  it('in the middle of a body refuses that request, and no failure of ours is told', async () => {
    await using server = await serving(echo);
    const answer = await talk(server.path, headers('Host: x', 'Transfer-Encoding: chunked'), async (socket) => {
      socket.write('3\r\nabc\r\n');
      await sleep(20);
      socket.write('zz\r\n');
    });
    expect(statusesIn(answer)).toEqual([400]);
    expect(server.failures).toEqual([]);
  });

  it('is refused in the words of the server', async () => {
    const reject = ({ status, why }: { status: number; why: string }) =>
      new Response(`{"why":${JSON.stringify(why)}}`, { status, headers: { server: 'echo' } });
    await using server = await serving(echo, { reject });
    const answer = await talk(server.path, 'hello\r\n\r\n');
    const [{ head, body } = { head: [], body: '' }] = answersIn(answer);
    expect(JSON.parse(body)).toEqual({ why: expect.stringMatching(/^malformed request: /) });
    expect(head.map((line) => line.replace(/(Date|Length):.*/, '$1:'))).toEqual([
      'HTTP/1.1 400 Bad Request',
      'Connection: close',
      'Content-Length:',
      'Content-Type: text/plain;charset=UTF-8',
      'Date:',
      'Server: echo',
    ]);
  });
});

describe('a client that takes its time', () => {
  const limits = { headerWithin: ms(100), requestWithin: ms(200), lookEvery: ms(20) };

  it.each([
    ['before the first byte', ''],
    ['within the header', 'GET / HTTP/1.1\r\nHost: x\r\nA'],
    ['within the body', 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc'],
  ])('%s is refused with 408', async (_, bytes) => {
    await using server = await serving(echo, { limits });
    expect(statusesIn(await talk(server.path, bytes))).toEqual([408]);
    expect(server.failures).toEqual([]);
  });

  it('byte by byte is refused, too', async () => {
    await using server = await serving(echo, { limits });
    const answer = await talk(server.path, 'GET / HTTP/1.1\r\nHost: x\r\n', async (socket) => {
      while (socket.writable) {
        socket.write('A: b\r\n');
        await sleep(20);
      }
    });
    expect(statusesIn(answer)).toEqual([408]);
  });

  it('between two requests is not heard of any more after a while', async () => {
    await using server = await serving(echo, { limits: { ...limits, idleFor: ms(50) } });
    expect(statusesIn(await talk(server.path, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'))).toEqual([200]);
  });

  it('to read an answer without end is waited for', async () => {
    const stream = () => new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{}\n')) });
    await using server = await serving(async () => new Response(stream()), { limits });
    await talk(server.path, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', async (socket) => {
      await sleep(400);
      expect(socket.destroyed).toBe(false);
      socket.destroy();
    });
  });

  it('and then goes away is no failure of ours', async () => {
    await using server = await serving(async (request) => {
      await sleep(20);
      return echo(request);
    });
    await talk(server.path, 'PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc', (socket) => socket.destroy());
    await talk(server.path, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', (socket) => socket.destroy());
    await sleep(50);
    expect(server.failures).toEqual([]);
  });
});

describe('a body', () => {
  const limits = { bodyBytes: 1_000 };
  const put = (...lines: readonly string[]) =>
    `PUT / HTTP/1.1\r\nHost: x\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

  it('may be as large as the limit', async () => {
    await using server = await serving(echo, { limits });
    const answer = await talk(server.path, `${put('Content-Length: 1000', 'Connection: close')}${'a'.repeat(1_000)}`);
    expect(bodies(answer)).toEqual(['PUT / 1000']);
  });

  it.each([
    ['by its length', put('Content-Length: 1001'), 'a'.repeat(1_001)],
    ['in chunks', put('Transfer-Encoding: chunked'), `${'fa\r\n'}${'a'.repeat(250)}\r\n`.repeat(5)],
  ])('beyond the limit is refused, and the client can read why while it still sends: %s', async (_, head, body) => {
    await using server = await serving(echo, { limits });
    const answer = await talk(server.path, head, (socket) => {
      socket.write(body);
      setTimeout(() => socket.write('a'.repeat(100_000)), 50);
    });
    expect(answer).toMatch(/^HTTP\/1.1 413 Payload Too Large\r\n[\s\S]*request body must not exceed 1000 bytes\n$/);
    expect(server.failures).toEqual([]);
  });

  it('is asked for when the client waits for that, unless it is too large', async () => {
    await using server = await serving(echo, { limits });
    const welcome = await talk(
      server.path,
      put('Content-Length: 3', 'Expect: 100-continue', 'Connection: close'),
      async (socket) => {
        await once(socket, 'data');
        socket.write('abc');
      },
    );
    expect(welcome).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n[\s\S]*PUT \/ 3$/);
    const refused = await talk(server.path, put('Content-Length: 5000', 'Expect: 100-continue'), (socket) =>
      socket.end(),
    );
    expect(refused).toMatch(/^HTTP\/1.1 413 /);
  });
});
