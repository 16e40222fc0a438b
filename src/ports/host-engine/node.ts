/** This host. */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, mkdir, open, readFile, stat, statfs } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineHost, Knock } from './index.ts';

/** Where daemons are, also for a root whose PATH is a user's. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** An engine that systemd starts on demand needs its time. */
const patience = 15_000;

const searchPath = (): string => [process.env['PATH'] ?? '', ...systemFolders].join(delimiter);

export const thisEngineHost: EngineHost = {
  platform: process.platform,
  isRoot: process.getuid?.() === 0,
  architecture: process.arch,
  readText: (path) => readFile(path, 'utf8').catch(() => undefined),
  freeBytes: (path) =>
    statfs(path).then(
      ({ bavail, bsize }) => bavail * bsize,
      () => undefined,
    ),
  knock,
  hasProgram: async (name) => {
    const found = await Promise.all(
      searchPath()
        .split(delimiter)
        .map((folder) =>
          access(join(folder, name), constants.X_OK).then(
            () => true,
            () => false,
          ),
        ),
    );
    return found.includes(true);
  },
  async startDaemon({ command, args, log }) {
    await mkdir(dirname(log), { recursive: true, mode: 0o755 });
    await using file = await open(log, 'a');
    const child = spawn(command, args, {
      // A session of its own: neither the end of ours nor a Ctrl-C reaches it.
      detached: true,
      stdio: ['ignore', file.fd, file.fd],
      cwd: '/',
      env: { ...process.env, PATH: searchPath() },
    });
    child.unref();
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) =>
        resolve(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`),
      );
    });
    return { ended };
  },
  isRunning: async (pid) => {
    try {
      process.kill(pid, 0);
      // In a container whose first process does not reap, what has ended stays in the table for ever.
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      return !/\) [ZX] /.test(stat);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
  terminate: (pid) => void process.kill(pid, 'SIGTERM'),
  sleep: (duration) => sleep(duration),
};

async function knock(host: string): Promise<Knock> {
  if (host.startsWith('unix://')) {
    // Looking first is faster than a connection that fails, and there are many places to look.
    const facts = await stat(host.slice('unix://'.length)).catch((error: NodeJS.ErrnoException) => error);
    if (facts instanceof Error) return facts.code === 'EACCES' ? { kind: 'forbidden' } : { kind: 'absent' };
  }
  // Loaded only now: commands that end with a usage error should not wait for it.
  const { dockerClient } = await import('../docker/client.ts');
  const limit = new AbortController();
  const silence = sleep(patience, 'silence' as const, { signal: limit.signal }).catch(() => 'silence' as const);
  try {
    const answer = await Promise.race([dockerClient(host).ping(), silence]);
    if (answer === 'silence') return { kind: 'silent', reason: `no answer within ${patience / 1_000} s` };
    return { kind: 'answers' };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'forbidden' };
    // A socket that nobody listens on is what an engine leaves behind.
    if (code === 'ENOENT' || (code === 'ECONNREFUSED' && host.startsWith('unix://'))) return { kind: 'absent' };
    return { kind: 'silent', reason: code ?? message };
  } finally {
    limit.abort();
  }
}
