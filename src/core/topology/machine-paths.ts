/** Where things are on a machine, for those who put them there and those who look for them. @see images/node */

export const machinePaths = {
  machineId: '/etc/machine-id',
  environment: '/etc/environment',
  etcdEnvironment: '/etc/devcluster/etcd.env',
  /** What the cluster's own global units must know and the cluster alone decides. */
  clusterEnvironment: '/etc/devcluster/cluster.env',
  fleetConfig: '/etc/fleet/fleet.conf',
  hostKey: '/etc/ssh/ssh_host_ed25519_key',
  /** User core's key pair, which opens every machine of the cluster. */
  coreKey: '/home/core/.ssh/id_ed25519',
  authorizedKeys: '/home/core/.ssh/authorized_keys',
  etcdData: '/var/lib/etcd',
  dockerData: '/var/lib/docker',
} as const;

/** User core, as the image makes it; the numbers are CoreOS's own. */
export const core = { uid: 500, gid: 500 } as const;
