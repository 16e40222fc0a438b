import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { thisHost } from './node.ts';
import { parseRoutes } from './routes.ts';

describe('the routes of the host', () => {
  it('are read from the kernel’s table, default route included', () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
      'tun0\t0008110A\t00000000\t0001\t0\t0\t0\t00F8FFFF\t0\t0\t0',
      '',
    ].join('\n');
    expect(parseRoutes(table).map(({ range }) => range)).toEqual(['0.0.0.0/0', '10.17.8.0/21']);
  });
});

describe('this host', () => {
  it('gives an SSH server that is slow the time to say hello, and does not call it again meanwhile', async () => {
    let calls = 0;
    const server = createServer((socket) => {
      calls += 1;
      setTimeout(() => socket.end('SSH-2.0-slow\r\n'), 1_500);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect([await thisHost.sshAnswers(port), calls]).toEqual([true, 1]);
    await new Promise((resolve) => server.close(resolve));
    expect(await thisHost.sshAnswers(port)).toBe(false);
  });

  it.each([
    ['says something else', 'HTTP/1.1 400 Bad Request\r\n'],
    ['hangs up without a word', ''],
  ])('knows that a server that %s is no SSH server', async (_what, greeting) => {
    const server = createServer((socket) => socket.end(greeting));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    expect(await thisHost.sshAnswers((server.address() as { port: number }).port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
  });

  it('has at least its loopback', async () => {
    expect((await thisHost.ranges()).map(({ range }) => range)).toContain('127.0.0.1/8');
  });

  it('says of a port whether somebody listens on it', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    expect(await thisHost.isPortFree(port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await thisHost.isPortFree(port)).toBe(true);
  });
});
