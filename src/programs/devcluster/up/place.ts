/** Where a cluster and its machines are: subnet, addresses, ports, identities. */
import { randomBytes } from 'node:crypto';
import { NoSubnet } from '../../../core/errors/devcluster.ts';
import { SubnetTaken } from '../../../core/errors/docker.ts';
import { labels, ownLabels } from '../../../core/topology/labels.ts';
import { containerName, machineId, machineName, networkName } from '../../../core/topology/names.ts';
import type { Origin, PresentCluster } from '../../../core/topology/present.ts';
import { printSpec } from '../../../core/topology/spec.ts';
import { chooseSshPorts, firstSshPort } from '../../../core/topology/ssh-port.ts';
import {
  chooseSubnet,
  gatewayAddress,
  machineAddress,
  strayRange,
  type UsedRange,
  usersOf,
} from '../../../core/topology/subnet.ts';
import type { ClusterSpec, Node } from '../../../core/topology/types.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import type { Host } from '../../../ports/host/index.ts';

/** Another `up` may take the subnet that looked free; more often than this it is no coincidence. */
const attempts = 8;

export const originLabels = ({ token, founders, subnet }: Origin): Record<string, string> => ({
  [labels.token]: token,
  [labels.founders]: String(founders),
  [labels.subnet]: subnet,
});

/**
 * Makes the network of a cluster, at the origin that is given or a new one.
 *
 * @throws {SubnetTaken} the wanted subnet clashes @throws {NoSubnet}
 */
export async function createNetwork(
  world: { readonly docker: DockerEngine; readonly host: Host },
  wanted: ClusterSpec,
  origin: Origin | undefined,
): Promise<Origin> {
  const refused: string[] = [];
  const token = origin?.token ?? randomBytes(8).toString('hex');
  const founders = origin?.founders ?? wanted.machines.length;
  for (;;) {
    const subnet = origin?.subnet ?? (await pickSubnet(world, wanted, refused));
    const placed = { token, founders, subnet };
    try {
      await world.docker.createNetwork({
        name: networkName(wanted.name),
        subnet,
        gateway: gatewayAddress(subnet),
        range: strayRange(subnet),
        labels: { ...ownLabels(wanted.name), ...originLabels(placed), [labels.spec]: printSpec(wanted) },
      });
      return placed;
    } catch (error) {
      const isFixed = origin !== undefined || wanted.subnet !== undefined;
      if (!(error instanceof SubnetTaken) || isFixed || refused.length >= attempts) throw error;
      refused.push(subnet);
    }
  }
}

async function pickSubnet(
  { docker, host }: { readonly docker: DockerEngine; readonly host: Host },
  wanted: ClusterSpec,
  refused: readonly string[],
): Promise<string> {
  const [ranges, networks] = await Promise.all([host.ranges(), docker.networks()]);
  const engines = networks.flatMap(({ name, subnets }) =>
    subnets.map((range): UsedRange => ({ range, by: `the network ${name} of the engine (${range})` })),
  );
  const used = [...engines, ...ranges];
  if (wanted.subnet !== undefined) {
    const [user] = usersOf(wanted.subnet, used);
    if (user !== undefined) throw new SubnetTaken({ subnet: wanted.subnet, by: user.by });
    return wanted.subnet;
  }
  const subnet = chooseSubnet(wanted.name, used, refused);
  if (subnet === undefined) throw new NoSubnet({});
  return subnet;
}

/** The machines that are there and those to come, each at its place. */
export async function placeNodes(
  host: Host,
  wanted: ClusterSpec,
  origin: Origin,
  present: PresentCluster | undefined,
  clusters: readonly PresentCluster[],
): Promise<readonly Node[]> {
  const used = new Set(clusters.flatMap(({ machines }) => machines.map(({ sshPort }) => sshPort)));
  const portOf = new Map(present?.machines.map(({ index, sshPort }) => [index, sshPort]));
  const fresh = wanted.machines.filter(({ index }) => !portOf.get(index));
  const ports = await freePorts(host, fresh.length, used);
  return wanted.machines.map(({ index, metadata }) => ({
    index,
    name: machineName(index),
    container: containerName(wanted.name, index),
    address: machineAddress(origin.subnet, index),
    id: machineId(wanted.name, index),
    sshPort: portOf.get(index) || (ports[fresh.findIndex((machine) => machine.index === index)] ?? firstSshPort),
    metadata,
  }));
}

/** Ports that nobody has, each given once. */
export function portSource(host: Host, clusters: readonly PresentCluster[], nodes: readonly Node[]) {
  const used = new Set(clusters.flatMap(({ machines }) => machines.map(({ sshPort }) => sshPort)));
  for (const { sshPort } of nodes) used.add(sshPort);
  return async (): Promise<number> => {
    const [port = firstSshPort] = await freePorts(host, 1, used);
    used.add(port);
    return port;
  };
}

async function freePorts(host: Host, count: number, used: ReadonlySet<number>): Promise<readonly number[]> {
  const taken = new Set(used);
  for (;;) {
    const ports = chooseSshPorts(count, taken);
    const free = await Promise.all(ports.map((port) => host.isPortFree(port)));
    const busy = ports.filter((_, at) => !free[at]);
    if (busy.length === 0) return ports;
    for (const port of busy) taken.add(port);
  }
}
