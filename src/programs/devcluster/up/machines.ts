/** Machines are made, started, made again and removed. */
import { PortTaken } from '../../../core/errors/docker.ts';
import { labels, ownLabels } from '../../../core/topology/labels.ts';
import { machinePaths } from '../../../core/topology/machine-paths.ts';
import type { Origin, PresentMachine } from '../../../core/topology/present.ts';
import { fixedHash, printSpec } from '../../../core/topology/spec.ts';
import type {
  ClusterSpec,
  ContainerSpec,
  EtcdStart,
  KeyPair,
  Mount,
  Node,
  PlacedCluster,
} from '../../../core/topology/types.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { makeKeyPair } from '../keys.ts';
import { publicKeyOf } from '../openssh.ts';
import type { Engine } from '../world.ts';
import { originLabels } from './place.ts';

/** What all machines of one `up` are made with. */
export interface Workshop {
  readonly engine: Engine;
  readonly wanted: ClusterSpec;
  readonly origin: Origin;
  readonly cluster: PlacedCluster;
  readonly image: string;
  readonly mounts: readonly Mount[];
  readonly key: KeyPair;
  /** Another free port, for when somebody was faster. */
  readonly anotherPort: () => Promise<number>;
}

/** Another `up` may take the same ports at the same moment; more often than this it is no coincidence. */
const portAttempts = 8;

/** Creates the container, puts its files in, and starts it: three calls, in this order, and nothing else. */
export async function createMachine(
  workshop: Workshop,
  node: Node,
  etcd: EtcdStart,
  hostKey: KeyPair = makeKeyPair(node.name),
  attempt = 1,
): Promise<PresentMachine> {
  const { wanted, cluster, image, key } = workshop;
  const { docker, maker } = workshop.engine;
  await docker.createContainer(containerOf(workshop, node, hostKey));
  try {
    await docker.seed(node.container, maker.seed({ cluster, node, key, hostKey, etcd }));
    await docker.start(node.container);
  } catch (error) {
    if (!(error instanceof PortTaken) || attempt >= portAttempts) throw error;
    await docker.remove(node.container);
    const sshPort = await workshop.anotherPort();
    return createMachine(workshop, { ...node, sshPort }, etcd, hostKey, attempt + 1);
  }
  const { index, name, container, address, sshPort } = node;
  const made = { index, name, container, image, address, sshPort, hostKey: hostKey.publicKey, spec: wanted };
  return { ...made, imageId: '', state: 'running' };
}

function containerOf(workshop: Workshop, node: Node, hostKey: KeyPair): ContainerSpec {
  const { engine, wanted, origin, cluster, image, mounts } = workshop;
  const machine = wanted.machines.find(({ index }) => index === node.index) ?? { index: node.index, metadata: {} };
  return engine.maker.container({
    cluster,
    node,
    image,
    mounts,
    labels: {
      ...ownLabels(cluster.name),
      ...originLabels(origin),
      [labels.machine]: node.name,
      [labels.index]: String(node.index),
      [labels.address]: node.address,
      [labels.sshPort]: String(node.sshPort),
      [labels.hostKey]: hostKey.publicKey,
      [labels.spec]: printSpec(wanted),
      [labels.hash]: fixedHash(wanted, machine),
    },
  });
}

/** A new container on the old volumes: the same machine to everybody, its sshd's key included. */
export async function recreateMachine(
  workshop: Workshop,
  machine: PresentMachine,
  node: Node,
  etcd: EtcdStart,
): Promise<PresentMachine> {
  const { docker } = workshop.engine;
  const privateKey = await docker.readFile(machine.container, machinePaths.hostKey);
  await docker.remove(machine.container);
  const hostKey = privateKey === undefined ? undefined : { privateKey, publicKey: publicKeyOf(privateKey) };
  return createMachine(workshop, node, etcd, hostKey);
}

/** The container and its volumes. */
export async function removeMachine(docker: DockerEngine, cluster: string, container: string): Promise<void> {
  const name = container.slice(cluster.length + 1);
  const volumes = docker.volumes({ [labels.cluster]: cluster, [labels.machine]: name });
  await docker.remove(container);
  await Promise.all((await volumes).map((volume) => docker.removeVolume(volume.name)));
}

/** Everything of a cluster that carries its label, in the order in which it lets go. */
export async function removeCluster(
  docker: DockerEngine,
  cluster: string,
  { keepLock = false }: { readonly keepLock?: boolean } = {},
): Promise<Removed> {
  const own = { [labels.cluster]: cluster };
  const [all, networks] = await Promise.all([docker.containers(own), docker.networks(own)]);
  const containers = all.filter((container) => !keepLock || !(labels.lock in container.labels));
  await Promise.all(containers.map(({ id }) => docker.remove(id)));
  // Asked only now: a container that was just being created may have brought volumes along.
  const volumes = await docker.volumes(own);
  await Promise.all([
    ...networks.map(({ id }) => docker.removeNetwork(id)),
    ...volumes.map(({ name }) => docker.removeVolume(name)),
  ]);
  return {
    machines: containers.filter((container) => labels.machine in container.labels).length,
    networks: networks.length,
    volumes: volumes.length,
  };
}

export interface Removed {
  readonly machines: number;
  readonly networks: number;
  readonly volumes: number;
}
