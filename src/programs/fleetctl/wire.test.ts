import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ClientUnusable } from '../../core/errors/fleetctl.ts';
import { serveApi } from '../../ports/fleet-api/fixtures.ts';
import { MemoryFleetApi } from '../../ports/fleet-api/memory.ts';
import { sshServer } from '../../ports/ssh/fixtures.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { m1 } from './fixtures.ts';
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

it('says why there is no tunnel, before a command begins', async () => {
  const flags = { tunnel: '127.0.0.1:1', 'identity-file': '/nowhere/id' };
  await expect(wiring(flags).world).rejects.toBeInstanceOf(ClientUnusable);
  await expect(wiring(flags).world).rejects.toThrow(
    'Unable to initialize client: failed initializing SSH client: cannot use the SSH key /nowhere/id',
  );
  await using _world = await wiring(flags, '', true).world;
});

it('says that it takes the first of several endpoints', async () => {
  const { io, world } = wiring({ endpoint: 'http://127.0.0.1:1,http://127.0.0.1:2' });
  await using _wired = await world;
  expect(io.errors()).toMatch(
    / WARN .*multiple endpoints provided but only the first \(http:\/\/127\.0\.0\.1:1\) is used\n$/,
  );
});

it('does not speak to etcd yet, and says what to do instead', async () => {
  await expect(wiring({ endpoint: 'http://10.1.1.7:4001' }).world).rejects.toMatchObject({
    message: 'Unable to initialize client: the etcd driver is not available yet',
    remedy: expect.stringContaining('--tunnel'),
  });
});

it('runs a command of this machine and returns what it returned', async () => {
  await using world = await wiring({}).world;
  expect(await world.here.run(['sh', '-c', 'exit 7'])).toBe(7);
  expect(await world.here.run(['sh', '-c', 'kill -9 $$'])).toBe(137);
});
