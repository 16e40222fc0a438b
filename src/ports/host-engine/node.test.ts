import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { thisEngineHost } from './node.ts';

let folder: string;
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devcluster-host-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const engineAt = (path: string) =>
  new Promise<void>((resolve) => {
    const server = createServer((request, response) => {
      response.writeHead(request.url?.endsWith('/_ping') ? 200 : 404).end('OK');
    });
    servers.push(server.listen(path, resolve));
  });

describe('knocking', () => {
  it('hears an engine that answers', async () => {
    const path = join(folder, 'docker.sock');
    await engineAt(path);
    expect(await thisEngineHost.knock(`unix://${path}`)).toEqual({ kind: 'answers' });
  });

  it('finds nobody where there is no socket, or one that nobody listens on', async () => {
    const path = join(folder, 'docker.sock');
    expect(await thisEngineHost.knock(`unix://${path}`)).toEqual({ kind: 'absent' });
    writeFileSync(path, '');
    expect(await thisEngineHost.knock(`unix://${path}`)).toEqual({ kind: 'absent' });
  });

  it('says why an address on the network is silent', async () => {
    expect(await thisEngineHost.knock('tcp://127.0.0.1:1')).toEqual({ kind: 'silent', reason: 'ECONNREFUSED' });
  });
});

describe('a daemon', () => {
  it('writes its log to a file in a folder that is made for it, and says how it ended', async () => {
    const log = join(folder, 'deep', 'daemon.log');
    const { ended } = await thisEngineHost.startDaemon({ command: 'sh', args: ['-c', 'echo failed; exit 3'], log });
    expect(await ended).toBe('it ended with 3');
    expect(readFileSync(log, 'utf8')).toBe('failed\n');
  });

  it('that does not exist ends with the reason', async () => {
    const log = join(folder, 'daemon.log');
    const { ended } = await thisEngineHost.startDaemon({ command: 'devcluster-no-such-daemon', args: [], log });
    expect(await ended).toMatch(/ENOENT/);
  });

  it('leads a session of its own, so that no Ctrl-C of ours reaches it', async () => {
    const log = join(folder, 'daemon.log');
    const { ended } = await thisEngineHost.startDaemon({
      command: 'sh',
      args: ['-c', 'cut -d" " -f1,6 /proc/$$/stat'],
      log,
    });
    await ended;
    const [pid, session] = readFileSync(log, 'utf8').trim().split(' ');
    expect(session).toBe(pid);
  });
});

describe('this host', () => {
  it('knows which programs it has', async () => {
    expect(await thisEngineHost.hasProgram('sh')).toBe(true);
    expect(await thisEngineHost.hasProgram('devcluster-no-such-program')).toBe(false);
  });

  it('knows which processes run', async () => {
    expect(await thisEngineHost.isRunning(process.pid)).toBe(true);
    expect(await thisEngineHost.isRunning(2 ** 22 + 1)).toBe(false);
  });

  it('does not take a process that has ended, and that nobody reaped, for running', async () => {
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      await expect.poll(() => thisEngineHost.isRunning(Number(line))).toBe(false);
      expect(() => process.kill(Number(line), 0)).not.toThrow();
    } finally {
      parent.kill();
    }
  });

  it('knows how much a file system has left', async () => {
    expect(await thisEngineHost.freeBytes(folder)).toBeGreaterThan(0);
    expect(await thisEngineHost.freeBytes(join(folder, 'none'))).toBeUndefined();
  });
});
