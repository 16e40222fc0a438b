import { once } from 'node:events';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { OperatingError } from '../../core/errors/define.ts';
import { ClientUnusable } from '../../core/errors/fleetctl.ts';
import { RegistryUnreachable } from '../../core/errors/registry.ts';
import { parseUnitFile, unitName } from '../../core/unit/index.ts';
import { serveApi } from '../../ports/fleet-api/fixtures.ts';
import { MemoryFleetApi } from '../../ports/fleet-api/memory.ts';
import { sshServer } from '../../ports/ssh/fixtures.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { authority, server as certificate, strangeAuthority } from '../../testing/fixed-certificates.ts';
import { remedyOf } from './failing.ts';
import { hello, m1 } from './fixtures.ts';
import { fleetctl } from './run.ts';
import { readGlobals } from './settings.ts';
import { wire } from './wire.ts';

const wiring = (flags: Readonly<Record<string, string>>, answers = '', offline = false) => {
  const io = captureIo(answers);
  return { io, world: wire({ globals: readGlobals(new Map(Object.entries(flags)), {}), offline, io, env: {} }) };
};

const cluster = (): MemoryFleetApi => {
  const api = new MemoryFleetApi();
  api.join(m1, '172.17.8.101');
  return api;
};

/** What a proxy with a certificate does. */
const tlsInFrontOf = async (port: number) => {
  const server = createServer(certificate, (socket) => {
    socket.on('error', () => {});
    socket.pipe(connect(port, '127.0.0.1')).pipe(socket);
  }).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => {});
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
};

const temporary = async (files: Readonly<Record<string, string>>) => {
  const folder = await mkdtemp(join(tmpdir(), 'wire-'));
  const path = (name: string) => join(folder, name);
  for (const [name, content] of Object.entries(files)) await writeFile(path(name), content);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
};

it('reaches an API at a port', async () => {
  await using api = await serveApi(cluster());
  await using world = await wiring({ endpoint: `http://127.0.0.1:${api.port}` }).world;
  expect((await world.fleet.machines()).map(({ id }) => id)).toEqual([m1]);
});

it('reaches an API at a port of the other side of a tunnel, and remembers the tunnel’s key', async () => {
  await using api = await serveApi(cluster());
  await using server = await sshServer();
  const { io, world: wired } = wiring(
    {
      endpoint: `http://127.0.0.1:${api.port}`,
      tunnel: `127.0.0.1:${server.at.port}`,
      'identity-file': server.identityFile,
      'known-hosts-file': join(server.directory, 'known_hosts'),
    },
    'yes\n',
  );
  await using world = await wired;
  expect(await world.fleet.machines()).toHaveLength(1);
  expect(io.errors()).toContain(`The authenticity of host '[127.0.0.1]:${server.at.port}' can't be established.\n`);
  expect(server.asked).toEqual([]);
});

it('goes by a fleetctl on the other side where no sshd opens the socket, asking sshd once only', async () => {
  await using api = await serveApi(cluster());
  await using server = await sshServer({ forwardTo: api.port });
  await using world = await wiring({
    tunnel: `127.0.0.1:${server.at.port}`,
    'identity-file': server.identityFile,
    'strict-host-key-checking': 'false',
  }).world;
  for (let time = 0; time < 2; time++) expect(await world.fleet.machines()).toHaveLength(1);
  expect(server.asked).toEqual(Array(2).fill('exec fleetctl fd-forward /var/run/fleet.sock'));
});

it('connects to machines through the tunnel', async () => {
  await using tunnel = await sshServer();
  await using machine = await sshServer();
  await using world = await wiring({
    tunnel: `127.0.0.1:${tunnel.at.port}`,
    'identity-file': tunnel.identityFile,
    'strict-host-key-checking': 'false',
  }).world;
  // The machine at the other end knows another key, which proves that it is the one that answers.
  await expect(world.ssh(machine.at)).rejects.toThrow('unable to authenticate as core at 127.0.0.1');
});

it('neither reads nor writes the keys of machines when told not to compare them', async () => {
  await using api = await serveApi(cluster());
  await using server = await sshServer();
  const [unreadable, missing] = [server.directory, join(server.directory, 'made', 'known_hosts')];
  for (const file of [unreadable, missing]) {
    const { io, world } = wiring({
      endpoint: `http://127.0.0.1:${api.port}`,
      tunnel: `127.0.0.1:${server.at.port}`,
      'identity-file': server.identityFile,
      'known-hosts-file': file,
      'strict-host-key-checking': 'false',
    });
    await using wired = await world;
    expect(await wired.fleet.machines()).toHaveLength(1);
    expect(io.errors()).toBe('');
  }
  await expect(access(missing)).rejects.toThrow('ENOENT');
});

it('says why there is no tunnel, before a command begins', async () => {
  const flags = { tunnel: '127.0.0.1:1', 'identity-file': '/nowhere/id' };
  await expect(wiring(flags).world).rejects.toBeInstanceOf(ClientUnusable);
  await expect(wiring(flags).world).rejects.toThrow(
    'Unable to initialize client: failed initializing SSH client: cannot use the SSH key /nowhere/id',
  );
  await using _world = await wiring(flags, '', true).world;
});

it.each(['version', 'fd-forward', 'list-units'])(
  'needs an endpoint and a driver that can be, for %s too',
  async (word) => {
    const io = captureIo();
    const run = (...argv: readonly string[]) =>
      fleetctl({ argv, env: {}, io, wire: (globals, offline) => wire({ globals, offline, io, env: {} }) });
    expect(await run('--driver=grpc', word)).toBe(1);
    expect(await run('--endpoint=/var/run/fleet.sock', word)).toBe(1);
    expect(io.errors()).toMatch(
      /^Unable to initialize client: unrecognized driver "grpc"\nTry: .*\nUnable to initialize client: URL scheme undefined\nTry: .*\n$/,
    );
  },
);

describe('a machine that a command must go to', () => {
  const asking = async (command: string, agent: string | undefined) => {
    const api = cluster();
    const name = unitName('hello.service');
    await api.putUnit(name, parseUnitFile(hello));
    api.place(name, m1, 'launched');
    await using served = await serveApi(api);
    const io = captureIo();
    const env = agent === undefined ? {} : { SSH_AUTH_SOCK: agent };
    const argv = [`--endpoint=http://127.0.0.1:${served.port}`, '--ssh-timeout=2', command, 'hello'];
    await using machine = await sshServer();
    api.join(m1, machine.at.host);
    argv.push(`--ssh-port=${machine.at.port}`, '--strict-host-key-checking=false');
    const code = await fleetctl({ argv, env, io, wire: (globals, offline) => wire({ globals, offline, io, env }) });
    return { code, line: io.errors().split('\n')[0] };
  };

  it.each([undefined, ''])(
    'needs an agent or a key, and says where to read about it (SSH_AUTH_SOCK: %j)',
    async (agent) => {
      const why =
        'SSH_AUTH_SOCK environment variable is not set. Verify ssh-agent is running. See https://github.com/coreos/fleet/blob/master/Documentation/using-the-client.md for help.';
      for (const command of ['status', 'journal']) {
        expect(await asking(command, agent)).toEqual({ code: 255, line: `Unable to SSH to remote host: ${why}` });
      }
      expect(await asking('ssh', agent)).toEqual({ code: 1, line: `Failed building SSH client: ${why}` });
    },
  );

  it('needs an agent that is alive', async () => {
    const { code, line } = await asking('status', '/nowhere/agent.sock');
    expect(code).toBe(255);
    expect(line).toMatch(
      /^Unable to SSH to remote host: the SSH agent at SSH_AUTH_SOCK=\/nowhere\/agent\.sock is out of reach: /,
    );
  });
});

it('says that it takes the first of several endpoints', async () => {
  const { io, world } = wiring({ endpoint: 'http://127.0.0.1:1,http://127.0.0.1:2' });
  await using _wired = await world;
  expect(io.errors()).toMatch(
    / WARN .*multiple endpoints provided but only the first \(http:\/\/127\.0\.0\.1:1\) is used\n$/,
  );
});

it('reads the files for TLS before a command begins, whatever the endpoint', async () => {
  await expect(wiring({ 'ca-file': '/nowhere/ca' }).world).rejects.toThrow(
    'Unable to initialize client: unable to use the TLS files: ENOENT',
  );
});

it.each([true, false])('speaks TLS behind a base path, and verifies what it is told to (%s)', async (verifies) => {
  await using api = await serveApi(cluster(), '/behind');
  using secured = await tlsInFrontOf(api.port);
  await using folder = await temporary({ ca: verifies ? strangeAuthority : authority });
  const flags = { endpoint: `https://localhost:${secured.port}/behind`, 'ca-file': folder.path('ca') };
  await using world = await wiring(flags).world;
  if (verifies)
    await expect(world.fleet.machines()).rejects.toThrow('cannot reach the fleet API at https://localhost:');
  else expect(await world.fleet.machines()).toHaveLength(1);
});

describe('the etcd driver', () => {
  const nowhere = { driver: 'etcd', endpoint: 'http://127.0.0.1:1', 'request-timeout': '0.05' };

  it('says that no etcd answers, and what to do', async () => {
    const { io, world } = wiring(nowhere);
    await using wired = await world;
    expect(io.errors()).toMatch(/ ERROR .*: Failed to check which versions of fleet the cluster has: .*\n$/);
    const failure = await wired.fleet.units().catch((cause: unknown) => cause);
    expect(failure).toBeInstanceOf(RegistryUnreachable);
    expect(remedyOf(failure as OperatingError)).toContain('etcdctl --endpoints http://127.0.0.1:1 endpoint health');
  });

  it('asks nothing of etcd for a command that needs no cluster', async () => {
    const { io, world } = wiring(nowhere, '', true);
    await using _wired = await world;
    expect(io.errors()).toBe('');
  });

  it('names the place behind the tunnel, not the port on this side', async () => {
    await using server = await sshServer();
    const { world } = wiring({
      ...nowhere,
      tunnel: `127.0.0.1:${server.at.port}`,
      'identity-file': server.identityFile,
      'strict-host-key-checking': 'false',
    });
    await using wired = await world;
    const failure = await wired.fleet.units().catch((cause: unknown) => cause);
    expect(remedyOf(failure as OperatingError)).toContain('http://127.0.0.1:1 through the tunnel');
  });
});

it('tells with --debug where it connects to', async () => {
  await using api = await serveApi(cluster());
  const { io, world } = wiring({ endpoint: `http://127.0.0.1:${api.port}`, debug: 'true' });
  await using wired = await world;
  await wired.fleet.machines();
  expect(io.errors()).toMatch(new RegExp(` DEBUG .*: connecting to http://127\\.0\\.0\\.1:${api.port}\n$`));
});

it('runs a command of this machine and returns what it returned', async () => {
  await using world = await wiring({}).world;
  expect(await world.here.run(['sh', '-c', 'exit 7'])).toBe(7);
  expect(await world.here.run(['sh', '-c', 'kill -9 $$'])).toBe(137);
});
