import { describe, expect, it } from 'vitest';
import { machineId } from './names.ts';
import { clientUrl, peerUrl, seedFiles } from './seed.ts';
import type { ClusterName, MachineSeed, Node, PlacedCluster } from './types.ts';

const name = 'lab' as ClusterName;
const aNode = (index: number): Node => ({
  index,
  name: `core-0${index}`,
  container: `lab-core-0${index}`,
  address: `172.17.8.10${index}`,
  id: machineId(name, index),
  sshPort: 2221 + index,
  metadata: { purpose: 'app', disk: 'ssd' },
});
const nodes = [aNode(1), aNode(2), aNode(3)];
const cluster: PlacedCluster = {
  name,
  token: 'abc123',
  domain: 'cluster.test',
  subnet: '172.17.8.0/24',
  network: 'lab',
  folders: [],
  nodes,
};
const key = { privateKey: 'PRIVATE\n', publicKey: 'ssh-ed25519 AAAA' };
const hostKey = { privateKey: 'HOST PRIVATE', publicKey: 'ssh-ed25519 BBBB' };
const seedOf = (changes: Partial<MachineSeed> = {}) =>
  new Map(
    seedFiles({ cluster, node: aNode(2), key, hostKey, etcd: { state: 'new', members: nodes }, ...changes }).map(
      (file) => [file.path, file],
    ),
  );
const textAt = (path: string, changes?: Partial<MachineSeed>) => seedOf(changes).get(path)?.content;

describe('what makes a machine itself', () => {
  it('is an id on a line of its own, the same whenever the machine is made again', () => {
    expect(textAt('/etc/machine-id')).toMatch(/^[0-9a-f]{32}\n$/);
    expect(textAt('/etc/machine-id')).toBe(textAt('/etc/machine-id'));
    expect(textAt('/etc/machine-id')).not.toBe(textAt('/etc/machine-id', { node: aNode(3) }));
  });

  it('is its addresses, as units of CoreOS read them: without quotes, and both local', () => {
    expect(textAt('/etc/environment')).toBe('COREOS_PRIVATE_IPV4=172.17.8.102\nCOREOS_PUBLIC_IPV4=172.17.8.102\n');
  });

  it('is its place in a new etcd cluster, which no data of an earlier cluster can join', () => {
    expect(textAt('/etc/devcluster/etcd.env')?.split('\n')).toEqual([
      'ETCD_NAME=core-02',
      'ETCD_ADVERTISE_CLIENT_URLS=http://172.17.8.102:2379',
      'ETCD_INITIAL_ADVERTISE_PEER_URLS=http://172.17.8.102:2380',
      'ETCD_INITIAL_CLUSTER=core-01=http://172.17.8.101:2380,core-02=http://172.17.8.102:2380,core-03=http://172.17.8.103:2380',
      'ETCD_INITIAL_CLUSTER_TOKEN=lab-abc123',
      'ETCD_INITIAL_CLUSTER_STATE=new',
      '',
    ]);
  });

  it('is a seat in an etcd cluster that runs, for a machine that joins later', () => {
    const text = textAt('/etc/devcluster/etcd.env', { etcd: { state: 'existing', members: nodes.slice(0, 2) } });
    expect(text).toContain('ETCD_INITIAL_CLUSTER_STATE=existing\n');
    expect(text).not.toContain('core-03');
  });

  it('is what fleetd reads: metadata in order, and every etcd with the own one first', () => {
    expect(textAt('/etc/fleet/fleet.conf')?.split('\n')).toEqual([
      'public_ip="172.17.8.102"',
      'metadata="disk=ssd,purpose=app"',
      'agent_ttl="3s"',
      'token_limit=1000',
      'etcd_servers=["http://127.0.0.1:2379","http://172.17.8.101:2379","http://172.17.8.103:2379"]',
      '',
    ]);
  });

  it('is what the global units of the cluster read: every etcd with the own one first', () => {
    expect(textAt('/etc/devcluster/cluster.env')).toBe(
      'DEVCLUSTER_ETCD=127.0.0.1:2379,172.17.8.101:2379,172.17.8.103:2379\n' +
        'ETCD_MACHINES=http://127.0.0.1:2379,http://172.17.8.101:2379,http://172.17.8.103:2379\n',
    );
  });

  it('is keys that only their owners can read, and that end with a line', () => {
    const files = seedOf();
    expect(files.get('/etc/ssh/ssh_host_ed25519_key')).toEqual({
      path: '/etc/ssh/ssh_host_ed25519_key',
      content: 'HOST PRIVATE\n',
      mode: 0o600,
    });
    expect(files.get('/home/core/.ssh/id_ed25519')).toMatchObject({
      content: 'PRIVATE\n',
      mode: 0o600,
      owner: { uid: 500, gid: 500 },
    });
    expect(files.get('/home/core/.ssh/authorized_keys')).toMatchObject({
      content: 'ssh-ed25519 AAAA core@lab\n',
      mode: 0o600,
      owner: { uid: 500, gid: 500 },
    });
  });
});

it('names a member the same way to its peers and to its clients', () => {
  expect([peerUrl('10.1.2.3'), clientUrl('10.1.2.3')]).toEqual(['http://10.1.2.3:2380', 'http://10.1.2.3:2379']);
});
