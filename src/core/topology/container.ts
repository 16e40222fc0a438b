/** What a machine's container may do and has: enough for systemd as its first process and for an engine of its own. */
import { machinePaths } from './machine-paths.ts';
import type { ContainerSpec, Mount, Node, PlacedCluster } from './types.ts';

export interface MachineOrder {
  readonly cluster: PlacedCluster;
  readonly node: Node;
  readonly image: string;
  /** Besides the machine's own. */
  readonly mounts: readonly Mount[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What systemd and the nested engine need beyond an engine's defaults. SYS_TIME is left out on purpose: it would move
 * the clock of the host.
 */
export const machineCapabilities = [
  // Mounts and cgroups: systemd, and the layers and namespaces of the containers inside.
  'SYS_ADMIN',
  // Bridges, addresses and packet filters: the nested engine's network, and faults.
  'NET_ADMIN',
  // The nested engine enters the namespaces of containers of other users.
  'SYS_PTRACE',
] as const;

/** A folder that survives the container: made again on the same volumes, it is the same machine. */
const volume = (node: Node, part: string, target: string): Mount => ({
  kind: 'volume',
  name: `${node.container}-${part}`,
  target,
});

export function machineContainerSpec({ cluster, node, image, mounts, labels }: MachineOrder): ContainerSpec {
  return {
    name: node.container,
    image,
    hostname: node.name,
    labels,
    environment: {},
    network: { name: cluster.network, address: node.address, aliases: [node.name] },
    // Only what asks for authentication is published, and only to this host.
    publish: [{ address: '127.0.0.1', hostPort: node.sshPort, port: 22 }],
    // An engine's own defaults are 64 MB, and no programs.
    mounts: [
      { kind: 'tmpfs', target: '/run', options: 'mode=755,exec,size=256m' },
      { kind: 'tmpfs', target: '/run/lock' },
      { kind: 'tmpfs', target: '/tmp', options: 'mode=1777,exec,size=1g' },
      volume(node, 'etcd', machinePaths.etcdData),
      // The layers of an engine cannot lie on an overlay, as the container's own files do.
      volume(node, 'docker', machinePaths.dockerData),
      ...cluster.folders.map(({ from, to }): Mount => ({ kind: 'bind', source: from, target: to })),
      ...mounts,
    ],
    capabilities: machineCapabilities,
    unconfined: true,
    privateCgroupNamespace: true,
    // Boot messages go to the console, and from there to `docker logs`.
    tty: true,
    // To systemd in a container, SIGTERM means "start again"; this one means "power off".
    stopSignal: 'SIGRTMIN+3',
    // A boot that fails for a passing reason is tried once more; one that fails for good must be seen to.
    restartsOnFailure: 1,
  };
}
