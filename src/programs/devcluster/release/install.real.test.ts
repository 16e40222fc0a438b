/** The archive on a plain Debian with systemd, which devcluster did not make and which has no Docker. @see docs/install.md */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import { systemClock } from '../../../ports/clock/system.ts';
import { dockerClient } from '../../../ports/docker/client.ts';
import { DockerodeEngine } from '../../../ports/docker/dockerode.ts';
import { DockerodeImages } from '../../../ports/docker/images-dockerode.ts';
import { hostProcesses } from '../../../ports/process/execa.ts';
import { architectureOf } from '../image/architecture.ts';
import { ensureDebian, usualMirror } from '../image/debian.ts';
import { packageFolder } from '../image/package.ts';
import { archiveName, makeArchive } from './tarball.ts';

const host = process.env['DOCKER_HOST'] ?? '';
const clock = systemClock();
const client = dockerClient(host);
const engine = new DockerodeEngine(client, host, clock);
const images = new DockerodeImages(client, host);
const labels = { 'devcluster.test': 'install' };
const image = 'devcluster-install-test:1';
const name = 'devcluster-install-test';
const folder = mkdtempSync(join(tmpdir(), 'devcluster-install-'));

const dockerfile = `
ARG BASE
FROM \${BASE}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \\
    systemd systemd-sysv dbus etcd-server etcd-client libstdc++6 bind9-dnsutils curl
RUN systemctl mask systemd-networkd-wait-online.service getty.target console-getty.service systemd-logind.service && systemctl enable etcd
RUN printf '#!/bin/sh\\nmount -o remount,rw /sys/fs/cgroup 2>/dev/null\\nexec /sbin/init\\n' > /init && chmod 755 /init
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/init"]
`;

const run = async (line: string, input?: Readable): Promise<string> => {
  using running = await engine.exec(name, { command: ['/bin/sh', '-c', line], stdin: input !== undefined });
  if (input !== undefined) await pipeline(input, running.stdin);
  const [out, errors, code] = await Promise.all([text(running.stdout), text(running.stderr), running.exitCode]);
  if (code !== 0) throw new Error(`${line}: exit code ${code}\n${out}\n${errors}`);
  return out.trim();
};
const eventually = async (attempt: () => Promise<void>): Promise<void> => {
  for (const until = clock.now() + seconds(30); ; await clock.sleep(seconds(0.2))) {
    try {
      return await attempt();
    } catch (error) {
      if (clock.now() > until) throw error;
    }
  }
};
const put = (path: string, content: string) => run(`cat > ${path}`, Readable.from([content]));

beforeAll(async () => {
  const architecture = architectureOf((await engine.facts()).architecture);
  const world = { images, clock, architecture, mirror: usualMirror, processes: hostProcesses, canBootstrap: true };
  const base = await ensureDebian(world, () => {});
  writeFileSync(join(folder, 'Dockerfile'), dockerfile);
  await images.build({ folder, reference: image, arguments: { BASE: base }, labels }, () => {});
  await engine.remove(name);
  await engine.createContainer({
    name,
    image,
    hostname: 'plain',
    labels,
    environment: { container: 'docker' },
    publish: [],
    mounts: ['/run', '/run/lock', '/tmp'].map((target) => ({ kind: 'tmpfs' as const, target })),
    capabilities: ['SYS_ADMIN', 'NET_ADMIN', 'SYS_PTRACE'],
    unconfined: true,
    privateCgroupNamespace: true,
    tty: false,
  });
  await engine.start(name);
  const archive = await makeArchive(
    { processes: hostProcesses, folder: packageFolder(), architecture },
    folder,
    () => {},
  );
  await eventually(async () => expect(await run('systemctl is-active dbus.socket etcd')).toBe('active\nactive'));
  await run('tar -xz -C /root', Readable.from([await readFile(archive)]));
  expect(await run(`/root/${archiveName(architecture)}/install.sh`)).toContain('systemctl enable --now fleet.socket');
});

afterAll(async () => {
  await engine.remove(name);
  await images.remove(image);
  rmSync(folder, { recursive: true });
});

describe('a host that devcluster did not make', () => {
  it('has no Docker, and needs none', async () => {
    await expect(run('command -v docker || command -v dockerd')).rejects.toThrow(/exit code 127|exit code 1/);
  });

  it('runs fleet after the commands of the document', async () => {
    await put(
      '/etc/fleet/fleet.conf',
      'etcd_servers="http://127.0.0.1:2379"\nmetadata="purpose=plain"\nagent_ttl="3s"\n',
    );
    await run('systemctl enable --now fleet.socket fleet.service');
    await eventually(async () => expect(await run('fleetctl list-machines --no-legend')).toMatch(/purpose=plain$/));
  });

  it('starts a unit, tells its state and its journal', async () => {
    await put(
      '/root/hello.service',
      '[Service]\nExecStartPre=/bin/echo hello from a plain host\nExecStart=/usr/bin/sleep infinity\n',
    );
    expect(await run('fleetctl start /root/hello.service')).toContain('Unit hello.service launched');
    expect(await run('fleetctl list-units --no-legend --fields unit,active,sub')).toMatch(
      /^hello\.service\s+active\s+running$/,
    );
    await eventually(async () =>
      expect(await run('fleetctl journal hello.service')).toContain('hello from a plain host'),
    );
  });

  it('keeps its units when fleet is updated', async () => {
    const before = await run('systemctl show --property MainPID --value hello.service');
    await run('/root/devcluster-fleet-*/install.sh && systemctl restart fleet');
    await eventually(async () =>
      expect(await run('fleetctl list-units --no-legend')).toMatch(/hello\.service.*active/),
    );
    expect(await run('systemctl show --property MainPID --value hello.service')).toBe(before);
    expect(await run('cat /etc/fleet/fleet.conf')).toContain('purpose=plain');
  });

  it('answers names from etcd', async () => {
    await run('systemctl enable --now skydns.service');
    await run(`etcdctl put /skydns/local/skydns/hello/1 '{"host":"192.0.2.7","port":80}'`);
    await eventually(async () => expect(await run('dig +short @127.0.0.1 hello.skydns.local')).toBe('192.0.2.7'));
  });

  it('is as it was after the script has taken everything off', async () => {
    expect(await run('/root/devcluster-fleet-*/install.sh --uninstall')).toContain('What was configured stays');
    await eventually(async () => expect(await run('systemctl is-active hello.service || true')).not.toBe('active'));
    await expect(run('command -v fleetd || ls /opt/devcluster')).rejects.toThrow();
    expect(await run('cat /etc/fleet/fleet.conf')).toContain('purpose=plain');
  });
});
