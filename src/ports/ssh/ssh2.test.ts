import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import {
  HostKeyMismatch,
  HostNotAuthorised,
  KnownHostsUnreadable,
  SshAgentMissing,
  SshAgentUnreachable,
  SshKeyUnusable,
  SshNotAuthenticated,
  SshTimedOut,
} from '../../core/errors/ssh.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { sshContract } from './contract.ts';
import { type SshServer, type SshServerOptions, silentHost, sshServer } from './fixtures.ts';
import { anyHostKey, knownHostsFile } from './host-keys.ts';
import type { SshAddress } from './index.ts';
import { fingerprint, printKnownHost } from './known-hosts.ts';
import { type Ssh2Options, ssh2 } from './ssh2.ts';

const client = (options: Partial<Ssh2Options>) =>
  ssh2({ user: 'core', timeout: seconds(10), hostKeys: anyHostKey, ...options });

const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'no failure',
    (cause) => cause,
  );

sshContract('ssh2', async () => {
  const server = await sshServer();
  return {
    ssh: client({ identityFile: server.identityFile }),
    at: server.at,
    nowhere: { host: '127.0.0.1', port: 1 },
    socket: '/var/run/fleet.sock',
    port: server.echo,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
});

it('gives 128 and the number of the signal that ended a command', async () => {
  await using server = await sshServer();
  await using connection = await client({ identityFile: server.identityFile }).connect(server.at);
  const io = captureIo();
  expect(await connection.run('kill -9 $$', { stdout: io.stdout, stderr: io.stderr })).toBe(137);
});

/** A line on which what a server sends comes in lumps. */
const lumpy = async ({ host, port }: SshAddress) => {
  const server = createServer((socket) => {
    const there = connect(port, host);
    let held: Buffer[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const release = () => {
      socket.write(Buffer.concat(held));
      held = [];
    };
    there.on('data', (data: Buffer) => {
      held.push(data);
      clearTimeout(timer);
      timer = setTimeout(release, 50);
    });
    for (const stream of [socket, there]) stream.on('error', () => {});
    socket.on('close', () => clearTimeout(timer));
    socket.pipe(there);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const at = { host, port: typeof address === 'object' && address !== null ? address.port : 0 };
  return { at, [Symbol.dispose]: () => void server.close() };
};

it.each([undefined, ''])(
  'has the exit code of a command that closed its outputs long before (input: %j)',
  async (input) => {
    await using server = await sshServer();
    await using connection = await client({ identityFile: server.identityFile }).connect(server.at);
    const { stdin, stdout, stderr } = captureIo(input);
    const streams = input === undefined ? { stdout, stderr } : { stdin, stdout, stderr };
    expect(await connection.run('exec >&-; sleep 0.05; exit 3', streams)).toBe(3);
  },
);

it('sends all of the input, and then its end', async () => {
  await using server = await sshServer();
  await using connection = await client({ identityFile: server.identityFile }).connect(server.at);
  // More than a server takes at once.
  const { stdin, stdout, stderr, output } = captureIo('x'.repeat(5_000_000));
  expect(await connection.run('wc -c', { stdin, stdout, stderr })).toBe(0);
  expect(output()).toBe('5000000');
});

it('has the exit code of a command that ended before we knew that it began', async () => {
  await using server = await sshServer();
  using line = await lumpy(server.at);
  await using connection = await client({ identityFile: server.identityFile }).connect(line.at);
  const io = captureIo();
  expect(await connection.run('quick', { stdout: io.stdout, stderr: io.stderr })).toBe(3);
  expect(io.output()).toBe('quick');
});

it('gives a command a terminal of the size of ours, and its keys as they are typed', async () => {
  await using server = await sshServer();
  await using connection = await client({ identityFile: server.identityFile }).connect(server.at);
  const io = captureIo();
  const happened: string[] = [];
  let resized = () => {};
  const terminal = {
    size: () => ({ columns: 132, rows: 50 }),
    raw: () => {
      happened.push('raw');
      return { [Symbol.dispose]: () => void happened.push('cooked') };
    },
    resized: (callback: () => void) => {
      resized = callback;
      return { [Symbol.dispose]: () => void happened.push('unwatched') };
    },
  };
  const stdin = new Readable({ read() {} });
  const shell = connection.shell({ stdin, stdout: io.stdout, stderr: io.stderr, terminal });
  while (!happened.includes('raw')) await new Promise(setImmediate);
  resized();
  stdin.push('exit\r');
  expect(await shell).toBe(0);
  expect(io.output()).toBe('you typed exit\r');
  expect(server.asked).toEqual(['pty 132x50', 'shell', 'resized 132x50']);
  expect(happened).toEqual(['raw', 'unwatched', 'cooked']);
});

it('lets the other machine use our agent only when asked', async () => {
  await using server = await sshServer();
  const agent = join(server.directory, 'agent.sock');
  await using ssh = await client({ identityFile: server.identityFile, agent }).connect(server.at);
  const io = captureIo();
  await ssh.run('first', { stdout: io.stdout, stderr: io.stderr });
  await ssh.run('second', { stdout: io.stdout, stderr: io.stderr }, { forwardAgent: true });
  await ssh.run('third', { stdout: io.stdout, stderr: io.stderr }, { forwardAgent: true });
  expect(server.asked).toEqual(['exec first', 'agent', 'exec second', 'exec third']);
});

it('has no agent to lend when it has none', async () => {
  await using server = await sshServer();
  await using ssh = await client({ identityFile: server.identityFile }).connect(server.at);
  const io = captureIo();
  await ssh.run('first', { stdout: io.stdout, stderr: io.stderr }, { forwardAgent: true });
  expect(server.asked).toEqual(['exec first']);
});

/** Something at SSH_AUTH_SOCK that answers everything in this way. */
const agentThat = async (directory: string, answer: (socket: Socket) => void) => {
  const path = join(directory, 'agent.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.on('data', () => answer(socket));
  }).listen(path);
  await once(server, 'listening');
  return {
    path,
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
};

it.each<[string, (socket: Socket) => void]>([
  ['hangs up', (socket) => socket.end()],
  ['says that it failed', (socket) => socket.write(Buffer.from([0, 0, 0, 1, 5]))],
  ['is no agent', (socket) => socket.write(Buffer.from([0, 0, 0, 2, 99, 99]))],
])('blames the agent when it %s', async (_name, answer) => {
  await using server = await sshServer();
  using agent = await agentThat(server.directory, answer);
  const failure = await failureOf(client({ agent: agent.path }).connect(server.at));
  expect(failure).toBeInstanceOf(SshAgentUnreachable);
  expect((failure as Error).message).toContain(`the SSH agent at SSH_AUTH_SOCK=${agent.path} is out of reach: `);
});

it('blames an agent that is gone, and needs none where it has a key', async () => {
  await using server = await sshServer();
  const agent = join(server.directory, 'gone.sock');
  expect(await failureOf(client({ agent }).connect(server.at))).toBeInstanceOf(SshAgentUnreachable);
  await using _connection = await client({ agent, identityFile: server.identityFile }).connect(server.at);
  const refused = await failureOf(client({ agent, identityFile: server.strangeFile }).connect(server.at));
  expect(refused).toBeInstanceOf(SshNotAuthenticated);
});

it('does not wait for an agent that says nothing', async () => {
  await using server = await sshServer();
  using agent = await agentThat(server.directory, () => {});
  const ssh = client({ agent: agent.path, timeout: ms(200) });
  expect(await failureOf(ssh.connect(server.at))).toBeInstanceOf(SshTimedOut);
});

it('is content with an agent that has no key, and says that none was accepted', async () => {
  await using server = await sshServer();
  using agent = await agentThat(server.directory, (socket) => socket.write(Buffer.from([0, 0, 0, 5, 12, 0, 0, 0, 0])));
  expect(await failureOf(client({ agent: agent.path }).connect(server.at))).toBeInstanceOf(SshNotAuthenticated);
});

it('explains how to come by a key', async () => {
  await using server = await sshServer();
  expect(await failureOf(client({}).connect(server.at))).toBeInstanceOf(SshAgentMissing);
  expect(await failureOf(client({ identityFile: '/nowhere/id' }).connect(server.at))).toBeInstanceOf(SshKeyUnusable);
  const strange = await failureOf(client({ identityFile: server.strangeFile }).connect(server.at));
  expect(strange).toBeInstanceOf(SshNotAuthenticated);
});

it('gives up on a server that says nothing, after the time it was given', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await using server = await sshServer();
  const ssh = client({ identityFile: server.identityFile, timeout: ms(30) });
  expect(await failureOf(ssh.connect({ host: '127.0.0.1', port }))).toBeInstanceOf(SshTimedOut);
  silent.close();
});

it('gives up on a machine that does not answer behind the tunnel, after the time it was given', async () => {
  await using server = await sshServer();
  const ssh = client({ identityFile: server.identityFile, timeout: ms(200) });
  await using tunnel = await client({ identityFile: server.identityFile }).connect(server.at);
  const failure = await failureOf(ssh.connect({ host: silentHost, port: 22 }, tunnel));
  expect(failure).toBeInstanceOf(SshTimedOut);
  expect((failure as Error).message).toBe('timed out while initiating SSH connection');
});

const withKnownHosts = async (content: string | undefined, answer: string, options: SshServerOptions = {}) => {
  const server = await sshServer(options);
  const path = join(server.directory, 'made', 'known_hosts');
  const file = content === undefined ? path : join(server.directory, 'known_hosts');
  const name = `[127.0.0.1]:${server.at.port}`;
  if (content !== undefined) {
    await writeFile(file, content.replace('KEY', printKnownHost({ hosts: name, key: server.hostKey }).slice(0, -1)));
  }
  const io = captureIo(answer);
  const warnings: string[] = [];
  const hostKeys = knownHostsFile({ path: file, asking: io, warn: (message) => warnings.push(message) });
  const ssh = client({ identityFile: server.identityFile, hostKeys });
  const attempt = await ssh.connect(server.at).then(
    async (connection) => {
      await connection[Symbol.asyncDispose]();
      return 'connected' as const;
    },
    (cause: unknown) => cause,
  );
  return { server, name, file, io, warnings, attempt, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
};

it.each(['yes\n', 'Y\n'])('asks about a machine that it sees first, and remembers it after %j', async (answer) => {
  await using met = await withKnownHosts(undefined, answer);
  expect(met.attempt).toBe('connected');
  expect(met.io.output()).toBe('');
  expect(met.io.errors()).toBe(
    `The authenticity of host '${met.name}' can't be established.\n` +
      `ECDSA key fingerprint is ${fingerprint(met.server.hostKey)}.\n` +
      'Are you sure you want to continue connecting (yes/no)? ' +
      `Warning: Permanently added '${met.name}' (ECDSA) to the list of known hosts.\n`,
  );
  expect(await readFile(met.file, 'utf8')).toBe(printKnownHost({ hosts: met.name, key: met.server.hostKey }));
});

it.each(['no\n', '', '\n'])('takes %j for a no', async (answer) => {
  await using met = await withKnownHosts('', answer);
  expect(met.attempt).toBeInstanceOf(HostNotAuthorised);
  expect(met.io.errors()).toContain('(yes/no)? Host key verification failed.\n');
  expect(await readFile(met.file, 'utf8')).toBe('');
});

it('asks nothing about a machine that it knows', async () => {
  await using met = await withKnownHosts('# mine\n\nKEY\n', '');
  expect([met.attempt, met.io.errors()]).toEqual(['connected', '']);
});

it('asks a machine for the key that it is known by, also when that is an old kind', async () => {
  await using met = await withKnownHosts('KEY\n', '', { hostKeyType: 'rsa' });
  expect([met.attempt, met.io.errors()]).toEqual(['connected', '']);
});

it('asks a machine behind the tunnel for its own kind of key, not for that of the tunnel', async () => {
  await using tunnel = await sshServer();
  await using machine = await sshServer({ hostKeyType: 'rsa', accepting: tunnel.identityFile });
  const path = join(tunnel.directory, 'known_hosts');
  const line = ({ at, hostKey }: SshServer) => printKnownHost({ hosts: `[127.0.0.1]:${at.port}`, key: hostKey });
  await writeFile(path, line(tunnel) + line(machine));
  const hostKeys = knownHostsFile({ path, asking: captureIo(), warn: () => {} });
  const ssh = client({ identityFile: tunnel.identityFile, hostKeys });
  await using first = await ssh.connect(tunnel.at);
  await using _second = await ssh.connect(machine.at, first);
});

it('refuses a machine that was known by a kind of key that cannot be checked here', async () => {
  const type = 'sk-ssh-ed25519@openssh.com';
  const blob = Buffer.concat([Buffer.from([0, 0, 0, type.length]), Buffer.from(type), Buffer.alloc(40)]);
  await using met = await withKnownHosts(printKnownHost({ hosts: '[127.0.0.1]:*', key: { type, blob } }), 'yes\n');
  expect(met.attempt).toBeInstanceOf(HostKeyMismatch);
});

it('makes the file for its owner alone to enter, and for all to read', async () => {
  await using met = await withKnownHosts(undefined, 'yes\n');
  const mode = async (path: string) => (await stat(path)).mode & 0o777;
  expect([await mode(dirname(met.file)), await mode(met.file)]).toEqual([0o700, 0o644]);
});

it('says so when the file is there and cannot be read', async () => {
  await using server = await sshServer();
  const hostKeys = knownHostsFile({ path: server.directory, asking: captureIo('yes\n'), warn: () => {} });
  const failure = await failureOf(client({ identityFile: server.identityFile, hostKeys }).connect(server.at));
  expect(failure).toBeInstanceOf(KnownHostsUnreadable);
});

it('refuses a machine that has another key than it had', async () => {
  await using other = await sshServer();
  const line = printKnownHost({ hosts: '[127.0.0.1]:*', key: other.hostKey });
  await using met = await withKnownHosts(line, 'yes\n');
  expect(met.attempt).toBeInstanceOf(HostKeyMismatch);
  expect(met.io.errors()).toContain('WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!');
  expect(met.io.errors()).toContain(fingerprint(met.server.hostKey));
  expect(met.io.errors()).toContain(met.file);
  expect(met.io.errors()).toMatch(/Host key verification failed\.\n$/);
});

it('warns once about each line that it cannot use', async () => {
  await using met = await withKnownHosts('@revoked a b c\n|1|x|y ssh-ed25519 z\nshort line\nh ssh-rsa AAAA\nKEY\n', '');
  expect(met.attempt).toBe('connected');
  expect(met.warnings).toEqual([
    `${met.file}:1 - marker functionality not implemented`,
    `${met.file}:2 - hashed hostnames not implemented`,
    `${met.file}:3 - bad format (insufficient fields)`,
    `${met.file}:4 - error parsing key: not a public key of the type before it`,
  ]);
});

it('connects although the key cannot be remembered', async () => {
  await using server = await sshServer();
  const io = captureIo('yes\n');
  const path = join(server.identityFile, 'known_hosts');
  const hostKeys = knownHostsFile({ path, asking: io, warn: () => {} });
  await using _connection = await client({ identityFile: server.identityFile, hostKeys }).connect(server.at);
  expect(io.errors()).toContain(`? Failed to add the host to the list of known hosts (${path}).\n`);
});
