/** The labels by which everything that the tool makes in an engine is found again; there is no other record of it. */
import type { ClusterName } from './types.ts';
import { toolVersion } from './types.ts';

export const labels = {
  cluster: 'devcluster.cluster',
  machine: 'devcluster.machine',
  index: 'devcluster.index',
  version: 'devcluster.version',
  /** What the thing was made from, as JSON. */
  spec: 'devcluster.spec',
  /** Of the part of it that cannot be changed without making the machine again. */
  hash: 'devcluster.hash',
  /** Made once per creation of a cluster. */
  token: 'devcluster.token',
  /** How many machines founded the etcd cluster; later ones joined it. */
  founders: 'devcluster.founders',
  subnet: 'devcluster.subnet',
  address: 'devcluster.address',
  sshPort: 'devcluster.ssh-port',
  hostKey: 'devcluster.host-key',
  /** On the container that stands for "somebody is changing this cluster". */
  lock: 'devcluster.lock',
} as const;

/** On every network, volume and container of a cluster, from the moment it is created. */
export const ownLabels = (cluster: ClusterName): Record<string, string> => ({
  [labels.cluster]: cluster,
  [labels.version]: toolVersion,
});
