/** fleetctl on a real etcd, without any fleetd: straight and through a tunnel, plain and with TLS. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { openEtcd } from '../../ports/etcd/etcd3.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import { registryOn } from '../../ports/registry/etcd.ts';
import type { Registry } from '../../ports/registry/index.ts';
import { type SshServer, sshServer } from '../../ports/ssh/fixtures.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';
import { strangeAuthority } from '../../testing/fixed-certificates.ts';
import { hello, m1 } from './fixtures.ts';
import { fleetctl } from './run.ts';
import { wire } from './wire.ts';

const prefix = '/somewhere/else/';

describe.each([
  ['plain', false],
  ['with TLS', true],
])('etcd %s', (_name, secure) => {
  let folder: string;
  let servers: EtcdServers;
  let registry: Registry;
  let ssh: SshServer;
  let flags: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driver-'));
    servers = await startEtcd(1, { secure });
    const { authority = '', client } = servers.certificates ?? {};
    const files = { ca: authority, cert: client?.certificate ?? '', key: client?.key ?? '' };
    for (const [name, content] of Object.entries({ ...files, strange: strangeAuthority, 'hello.service': hello })) {
      await writeFile(join(folder, name), content);
    }
    const [authorityFile, certificateFile, keyFile] = ['ca', 'cert', 'key'].map((name) => join(folder, name));
    const tls = secure ? { authorityFile, certificateFile, keyFile } : {};
    const clock = systemClock();
    const etcd = await openEtcd({ clock, endpoints: servers.endpoints, ...(tls as object) });
    registry = registryOn({ etcd, clock, log: memoryLog(), prefix });
    const machine = { id: m1 as MachineId, publicIp: '172.17.8.103', metadata: { disk: 'ssd' }, capabilities: {} };
    await registry.join({ ...machine, version: '9.9.9' }, 'boot', seconds(60));
    ssh = await sshServer();
    // One endpoint of the list is dead.
    const endpoints = [servers.endpoints[0]?.replace(/:\d+$/, ':1'), ...servers.endpoints].join(',');
    flags = ['--driver=etcd', `--endpoint=${endpoints}`, `--etcd-key-prefix=${prefix}`];
    if (secure) flags.push(`--ca-file=${authorityFile}`, `--cert-file=${certificateFile}`, `--key-file=${keyFile}`);
  });
  afterAll(async () => {
    await ssh?.[Symbol.asyncDispose]();
    await registry?.[Symbol.asyncDispose]();
    await servers?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const run = async (...argv: readonly string[]) => {
    const io = captureIo();
    const code = await fleetctl({
      argv,
      env: {},
      io,
      wire: (globals, offline) => wire({ globals, offline, io, env: {} }),
    });
    return { code, out: io.output(), err: io.errors() };
  };
  const machines = 'MACHINE\t\tIP\t\tMETADATA\n113f16a7...\t172.17.8.103\tdisk=ssd\n';

  it('shows the machines, and that their daemons are newer', async () => {
    const { code, out, err } = await run(...flags, 'list-machines');
    expect({ code, out }).toEqual({ code: 0, out: machines });
    expect(err).toContain('version of fleet found in the cluster (9.9.9). You are strongly\n');
  });

  it('submits, shows and destroys units', async () => {
    expect(await run(...flags, 'submit', join(folder, 'hello.service'))).toMatchObject({
      code: 0,
      out: 'Unit hello.service inactive\n',
    });
    expect((await run(...flags, 'cat', 'hello')).out).toBe(hello);
    expect((await run(...flags, 'list-unit-files', '-no-legend')).out).toBe(
      'hello.service\t48c842a\tinactive\tinactive\t-\n',
    );
    expect((await run(...flags, 'start', '--no-block', 'hello')).out).toBe('Triggered unit hello.service start\n');
    expect((await registry.status('hello.service' as never)).unit?.target).toBe('launched');
    expect((await run(...flags, 'destroy', 'hello')).out).toBe('Destroyed hello.service\n');
    expect((await run(...flags, 'list-unit-files', '-no-legend')).out).toBe('');
  });

  it('does so through a tunnel, too', async () => {
    const tunnel = [`--tunnel=127.0.0.1:${ssh.at.port}`, `--identity-file=${ssh.identityFile}`];
    expect(await run(...flags, ...tunnel, '--strict-host-key-checking=false', 'list-machines')).toMatchObject({
      code: 0,
      out: machines,
    });
  });

  it('finds nothing below another prefix', async () => {
    expect((await run(...flags, '--etcd-key-prefix=/_coreos.com/fleet/', 'list-machines', '-no-legend')).out).toBe('');
  });

  if (secure) {
    it.each([[[]], [['through the tunnel']]])('does not believe another authority %j', async (through) => {
      const tunnel = [`--tunnel=127.0.0.1:${ssh.at.port}`, `--identity-file=${ssh.identityFile}`];
      const way = through.length === 0 ? [] : [...tunnel, '--strict-host-key-checking=false'];
      const wrong = [...way, `--ca-file=${join(folder, 'strange')}`, '--request-timeout=0.5'];
      const { code, out, err } = await run(...flags, ...wrong, 'list-machines');
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain('Error retrieving list of active machines from fleet API (the registry is out of reach');
    });
  }
});
