/** What etcd.service runs: new members that start together must not wait for each other. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const own = 'http://127.0.0.1:3380';

/** Stands for the first member: hears every question, and answers when it is told to. */
class First {
  readonly questions: string[] = [];
  readonly #server: Server = createServer((socket) => this.#hear(socket));
  readonly #waiting: Socket[] = [];
  url = '';

  async listen(port = 0): Promise<void> {
    await once(this.#server.listen(port, '127.0.0.1'), 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #hear(socket: Socket): void {
    socket.on('data', (question) => this.questions.push(`${question}`.split('\r\n')[0] ?? ''));
    socket.on('error', () => {});
    this.#waiting.push(socket);
  }

  answer(): void {
    for (const socket of this.#waiting) socket.end('HTTP/1.0 200 OK\r\n\r\n{}');
  }

  async close(): Promise<void> {
    for (const socket of this.#waiting) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let first: First;
let data: string;
let member: ChildProcess | undefined;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'etcd-in-turn-'));
  // As a fast host leaves it: this machine may have been up for long.
  await writeFile(join(data, 'pace'), '1\n');
  first = new First();
  await first.listen();
});
afterEach(async () => {
  if (member?.pid !== undefined) process.kill(-member.pid, 'SIGKILL');
  await first.close();
  await rm(data, { recursive: true });
});

/** @param before what becomes the first process of a machine of its own, with the program's path as its last argument */
function start(initialCluster = `a=${first.url},b=${own}`, state = 'new', before: readonly string[] = []): void {
  const env = {
    PATH: process.env['PATH'],
    RUNTIME_DIRECTORY: data,
    ETCD_HEARTBEAT_INTERVAL: '25',
    ETCD_ELECTION_TIMEOUT: '250',
    ETCD_NAME: 'b',
    ETCD_DATA_DIR: join(data, 'etcd'),
    ETCD_LISTEN_CLIENT_URLS: 'http://127.0.0.1:3379',
    ETCD_ADVERTISE_CLIENT_URLS: 'http://127.0.0.1:3379',
    ETCD_LISTEN_PEER_URLS: own,
    ETCD_INITIAL_ADVERTISE_PEER_URLS: own,
    ETCD_INITIAL_CLUSTER: initialCluster,
    ETCD_INITIAL_CLUSTER_STATE: state,
  };
  const [command = '', ...args] = [...before, '/usr/lib/devcluster/etcd-in-turn'];
  member = spawn(command, args, { env, stdio: 'ignore', detached: true });
}

/** The member's own timings, in milliseconds. */
async function timings(pid: number): Promise<readonly string[]> {
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  return environment.filter((entry) => /^ETCD_(HEARTBEAT_INTERVAL|ELECTION_TIMEOUT)=/.test(entry)).toSorted();
}

/** What the member's process is now. */
const program = async () => (await readFile(`/proc/${member?.pid}/comm`, 'utf8')).trim();

it('lets the first go ahead: until it is there, and until it answers', async () => {
  const port = Number(new URL(first.url).port);
  await first.close();
  start();
  await vi.waitFor(async () => expect(await program()).toBe('etcd-in-turn'));
  first = new First();
  await first.listen(port);
  // Asked again, since each question is given up after a second.
  await vi.waitFor(() => expect(first.questions.length).toBeGreaterThan(1), 4_000);
  expect(new Set(first.questions)).toEqual(new Set(['GET /version HTTP/1.0']));
  expect(await program()).toBe('etcd-in-turn');
  first.answer();
  await vi.waitFor(async () => expect(await program()).toBe('etcd'), 4_000);
});

it('goes on without the first at last', async () => {
  start();
  await vi.waitFor(async () => expect(await program()).toBe('etcd'), 30_000);
});

it.each([
  ['the first itself', () => start(`b=${own},a=${first.url}`)],
  ['a member with data', () => mkdir(join(data, 'etcd', 'member'), { recursive: true }).then(() => start())],
  ['one that joins a cluster', () => start(undefined, 'existing')],
])('lets %s start at once', async (_, begin) => {
  await begin();
  await vi.waitFor(async () => expect(await program()).toBe('etcd'), 4_000);
  expect(first.questions).not.toContain('GET /version HTTP/1.0');
});

/** In a machine that took as long to get to its etcd; @returns etcd's process id in it, as seen from here */
async function startAfter(seconds: number): Promise<number> {
  const boot = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c'];
  start(`b=${own},a=${first.url}`, 'new', [...boot, `sleep ${seconds}; exec "$0"`]);
  return vi.waitFor(
    async () => {
      const children = await readFile(`/proc/${member?.pid}/task/${member?.pid}/children`, 'utf8');
      const pid = Number(children);
      expect((await readFile(`/proc/${pid}/comm`, 'utf8')).trim()).toBe('etcd');
      return pid;
    },
    { timeout: 20_000, interval: 50 },
  );
}

it.each([
  ['at once', 0, ['ETCD_ELECTION_TIMEOUT=250', 'ETCD_HEARTBEAT_INTERVAL=25']],
  ['after 4 s', 4.1, ['ETCD_ELECTION_TIMEOUT=500', 'ETCD_HEARTBEAT_INTERVAL=50']],
])('has the patience that fits a host on which it gets its turn %s', async (_, seconds, expected) => {
  await rm(join(data, 'pace'));
  expect(await timings(await startAfter(seconds))).toEqual(expected);
  expect(await readFile(join(data, 'pace'), 'utf8')).toBe(`${seconds < 2 ? 1 : 2}\n`);
});

it('keeps the patience of the first start', async () => {
  await writeFile(join(data, 'pace'), '3\n');
  expect(await timings(await startAfter(0))).toEqual(['ETCD_ELECTION_TIMEOUT=750', 'ETCD_HEARTBEAT_INTERVAL=75']);
});
