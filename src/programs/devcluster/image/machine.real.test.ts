/** One machine of the real image, alone: what every machine of every cluster leans on. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import { machineContainerSpec } from '../../../core/topology/container.ts';
import { machineId } from '../../../core/topology/names.ts';
import { seedFiles } from '../../../core/topology/seed.ts';
import type { ClusterName, Node, PlacedCluster } from '../../../core/topology/types.ts';
import { systemClock } from '../../../ports/clock/system.ts';
import { dockerClient } from '../../../ports/docker/client.ts';
import { DockerodeEngine } from '../../../ports/docker/dockerode.ts';
import { makeKeyPair } from '../keys.ts';
import { tryOn } from '../shell.ts';

const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
const image = process.env['DEVCLUSTER_NODE_IMAGE'] ?? '';
const clock = systemClock();
const docker = new DockerodeEngine(dockerClient(host), host, clock);

const name = `imagetest${process.pid}` as ClusterName;
const subnet = '10.127.77.0/24';
const node: Node = {
  index: 1,
  name: 'core-01',
  container: `${name}-core-01`,
  address: '10.127.77.101',
  id: machineId(name, 1),
  sshPort: 2922,
  metadata: { purpose: 'test' },
};
const cluster: PlacedCluster = {
  name,
  token: 'token',
  domain: 'cluster.test',
  subnet,
  network: name,
  folders: [],
  nodes: [node],
};
const labels = { 'devcluster.test': name };

const asRoot = async (...command: readonly string[]) => {
  const { out, err, code } = await tryOn(docker, node, command);
  return code === 0 ? out.trim() : `${code}: ${out}${err}`.trim();
};
/** As people do: over ssh, from the machine to itself, with the key that machines have. */
const asCore = (line: string) => asRoot('runuser', '-u', 'core', '--', 'ssh', 'core@core-01', line);

const eventually = async (attempt: () => Promise<void>): Promise<void> => {
  for (const until = clock.now() + seconds(30); ; await clock.sleep(seconds(0.1))) {
    try {
      return await attempt();
    } catch (error) {
      if (clock.now() > until) throw error;
    }
  }
};

async function boot(): Promise<void> {
  await docker.start(node.container);
  await eventually(async () => expect(await asRoot('systemctl', 'is-system-running')).toBe('running'));
  await eventually(async () => expect(await asRoot('etcdctl', 'endpoint', 'health')).toContain('is healthy'));
}

beforeAll(async () => {
  await docker.createNetwork({ name, subnet, gateway: '10.127.77.1', range: '10.127.77.32/27', labels });
  await docker.createContainer(machineContainerSpec({ cluster, node, image, mounts: [], labels }));
  const keys = { key: makeKeyPair('core'), hostKey: makeKeyPair('root') };
  await docker.seed(node.container, seedFiles({ cluster, node, ...keys, etcd: { state: 'new', members: [node] } }));
  await boot();
});

afterAll(async () => {
  await docker.remove(node.container);
  for (const volume of await docker.volumes(labels)) await docker.removeVolume(volume.name);
  await docker.removeNetwork(name);
});

describe('a machine', () => {
  it('costs at most 160 MiB while it is idle and its Docker engine sleeps', async () => {
    // Without the page cache, which the kernel takes back, and which is charged to whoever read a file of the image first.
    const [usage = '', stat = ''] = (
      await asRoot(
        'sh',
        '-c',
        'cd /sys/fs/cgroup; [ -e memory.stat ] || cd memory; cat memory.current 2>/dev/null || cat memory.usage_in_bytes; echo ---; cat memory.stat',
      )
    ).split('---');
    const cache = /^(?:file|total_cache) (\d+)$/m.exec(stat)?.[1];
    expect((Number(usage) - Number(cache)) / 2 ** 20).toBeLessThan(160);
    expect(await asRoot('systemctl', 'is-active', 'docker.service')).toContain('inactive');
  });

  it('runs systemd without a failed unit', async () => {
    expect(await asRoot('systemctl', '--failed', '--no-legend')).toBe('');
  });

  it('is itself: by id, name, addresses and metadata', async () => {
    expect(await asRoot('cat', '/etc/machine-id', '/etc/hostname')).toBe(`${node.id}\ncore-01`);
    expect(await asRoot('cat', '/etc/environment')).toContain(`COREOS_PUBLIC_IPV4=${node.address}`);
    await eventually(async () =>
      expect(await asCore('fleetctl list-machines --full')).toContain(`${node.id}\t${node.address}`),
    );
  });

  it('asks its own resolver first, and the engine’s while that does not run', async () => {
    const servers = (await asRoot('grep', 'nameserver', '/etc/resolv.conf')).split('\n');
    expect(servers).toEqual(['nameserver 127.0.0.1', 'nameserver 127.0.0.11']);
    expect(await asRoot('getent', 'hosts', 'core-01')).toContain(node.address);
  });

  it('lets user core in by key, to sudo, the journal and Docker, and nobody by password', async () => {
    expect(await asCore('id -un; sudo -n id -un')).toBe('core\nroot');
    expect(await asCore('journalctl --quiet --no-pager --unit etcd --lines 1')).toContain('etcd');
    expect(await asRoot('ssh', '-o', 'PreferredAuthentications=password', 'core@core-01', 'true')).toContain(
      'publickey',
    );
    expect(await asRoot('ssh', 'root@core-01', 'true')).toContain('Permission denied');
  });

  it('has an engine that wakes when it is asked, with the bridge and the DNS that tutorials expect', async () => {
    expect(await asCore('docker version --format "{{.Server.Version}}"')).toMatch(/^\d+\./);
    expect(await asRoot('ip', '-4', '-brief', 'address', 'show', 'docker0')).toContain('10.1.42.1/16');
    expect(await asRoot('sh', '-c', 'ps -o pid= -p $(cat /run/docker.pid)')).toMatch(/^\d+$/);
    const rootfs =
      'cd / && tar -c bin sbin lib lib64 usr/bin/cat usr/bin/dash usr/bin/sh usr/lib/ld-linux* usr/lib/*/ld-linux* usr/lib/*/libc.so.6 usr/lib64';
    await asCore(`${rootfs} 2>/dev/null | docker import - tiny`);
    expect(await asCore('docker run --rm tiny cat /etc/resolv.conf')).toContain('nameserver 10.1.42.1');
  });

  it.each([
    ['stopped in order', () => docker.stop(node.container, seconds(10))],
    ['killed', () => docker.kill(node.container)],
  ])('is the same machine after it was %s and started again', async (_, end) => {
    await asRoot('etcdctl', 'put', 'before', 'kept');
    const started = await asRoot('journalctl', '--no-pager', '--output', 'short-unix', '--lines', '1', '--reverse');
    await end();
    await boot();
    expect(await asRoot('cat', '/etc/machine-id')).toBe(node.id);
    expect(await asRoot('etcdctl', 'get', 'before', '--print-value-only')).toBe('kept');
    expect(await asRoot('journalctl', '--no-pager', '--output', 'short-unix')).toContain(started);
    expect(await asRoot('systemctl', '--failed', '--no-legend')).toBe('');
    expect(await asRoot('grep', '-c', 'nameserver 127.0.0.1$', '/etc/resolv.conf')).toBe('1');
    expect(await asCore('docker images --quiet tiny')).not.toBe('');
  });
});
