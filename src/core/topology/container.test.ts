import { describe, expect, it } from 'vitest';
import { machineContainerSpec } from './container.ts';
import { machineId } from './names.ts';
import type { ClusterName, Node, PlacedCluster } from './types.ts';

const name = 'lab' as ClusterName;
const node: Node = {
  index: 1,
  name: 'core-01',
  container: 'lab-core-01',
  address: '172.17.8.101',
  id: machineId(name, 1),
  sshPort: 2222,
  metadata: {},
};
const cluster: PlacedCluster = {
  name,
  token: 't',
  domain: 'cluster.test',
  subnet: '172.17.8.0/24',
  network: 'lab',
  folders: [{ from: '/src/code', to: '/code' }],
  nodes: [node],
};
const golden = { kind: 'volume', name: 'golden', target: '/opt/devcluster/golden', readOnly: true } as const;
const spec = machineContainerSpec({ cluster, node, image: 'devcluster/node:1', mounts: [golden], labels: { a: 'b' } });

describe('the container of a machine', () => {
  it('publishes sshd, to this host only, and nothing else', () => {
    expect(spec.publish).toEqual([{ address: '127.0.0.1', hostPort: 2222, port: 22 }]);
  });

  it('has the address and the names of the machine', () => {
    expect(spec).toMatchObject({
      name: 'lab-core-01',
      hostname: 'core-01',
      network: { name: 'lab', address: '172.17.8.101', aliases: ['core-01'] },
    });
  });

  it('may not set the clock of the host', () => {
    expect(spec.capabilities).not.toContain('SYS_TIME');
    expect(spec.capabilities).toContain('SYS_ADMIN');
  });

  it('keeps etcd and Docker data on volumes of its own, so that it can be made again', () => {
    expect(spec.mounts.filter(({ kind }) => kind === 'volume')).toEqual([
      { kind: 'volume', name: 'lab-core-01-etcd', target: '/var/lib/etcd' },
      { kind: 'volume', name: 'lab-core-01-docker', target: '/var/lib/docker' },
      golden,
    ]);
  });

  it('shares the folders of the cluster', () => {
    expect(spec.mounts).toContainEqual({ kind: 'bind', source: '/src/code', target: '/code' });
  });

  it('is stopped the way systemd understands, with its own cgroups', () => {
    expect(spec).toMatchObject({ stopSignal: 'SIGRTMIN+3', privateCgroupNamespace: true, tty: true });
  });
});
