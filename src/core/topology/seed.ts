/**
 * What makes a machine itself: the files that are put into its container between creation and first start, so that
 * nothing has to be executed in it before its systemd is up.
 */
import { core, machinePaths } from './machine-paths.ts';
import { sortedMetadata } from './metadata.ts';
import type { EtcdStart, MachineSeed, SeedFile } from './types.ts';

/**
 * How long a machine that went silent stays in the cluster. Ten times shorter than fleetd's own default: waiting half
 * a minute for every failure that one tries is too long, and on one host silence means death.
 */
const agentTtl = '3s';

/** Entries per page of the API: ten times fleetd's default, since every page is a read of its own. */
const tokenLimit = 1_000;

/** Where a machine's etcd is for the other members. */
export const peerUrl = (address: string): string => `http://${address}:2380`;

/** Where a machine's etcd is for clients on any machine. */
export const clientUrl = (address: string): string => `http://${address}:2379`;

/** @see coreos-node.md 1, 3, 6 */
export function seedFiles(seed: MachineSeed): readonly SeedFile[] {
  const { node, key, hostKey } = seed;
  const comment = `core@${seed.cluster.name}`;
  return [
    readable(machinePaths.machineId, `${node.id}\n`, 0o444),
    readable(machinePaths.environment, environment(seed)),
    readable(machinePaths.etcdEnvironment, etcdEnvironment(seed)),
    readable(machinePaths.clusterEnvironment, clusterEnvironment(seed)),
    readable(machinePaths.fleetConfig, fleetConfig(seed)),
    { path: machinePaths.hostKey, content: text(hostKey.privateKey), mode: 0o600 },
    readable(`${machinePaths.hostKey}.pub`, `${hostKey.publicKey} root@${node.name}\n`),
    { path: machinePaths.coreKey, content: text(key.privateKey), mode: 0o600, owner: core },
    { path: `${machinePaths.coreKey}.pub`, content: `${key.publicKey} ${comment}\n`, mode: 0o644, owner: core },
    { path: machinePaths.authorizedKeys, content: `${key.publicKey} ${comment}\n`, mode: 0o600, owner: core },
  ];
}

const readable = (path: string, content: string, mode = 0o644): SeedFile => ({ path, content, mode });

/** OpenSSH refuses a private key whose last line has no end. */
const text = (content: string): string => (content.endsWith('\n') ? content : `${content}\n`);

/** On a machine of one network, the public address is the private one. */
const environment = ({ node }: MachineSeed): string =>
  lines([`COREOS_PRIVATE_IPV4=${node.address}`, `COREOS_PUBLIC_IPV4=${node.address}`]);

/** What differs between members; etcd.service has what does not. An etcd that has data reads only its own URLs. */
function etcdEnvironment({ cluster, node, etcd }: MachineSeed): string {
  return lines([
    `ETCD_NAME=${node.name}`,
    `ETCD_ADVERTISE_CLIENT_URLS=${clientUrl(node.address)}`,
    `ETCD_INITIAL_ADVERTISE_PEER_URLS=${peerUrl(node.address)}`,
    `ETCD_INITIAL_CLUSTER=${initialCluster(etcd)}`,
    // A data directory of an earlier cluster of this name must not find its way into this one.
    `ETCD_INITIAL_CLUSTER_TOKEN=${cluster.name}-${cluster.token}`,
    `ETCD_INITIAL_CLUSTER_STATE=${etcd.state}`,
  ]);
}

const initialCluster = ({ members }: EtcdStart): string =>
  members.map(({ name, address }) => `${name}=${peerUrl(address)}`).join(',');

/** Every etcd: as `<host>:<port>` for registrator, and as skydns takes them. */
function clusterEnvironment(seed: MachineSeed): string {
  const urls = endpoints(seed);
  const hosts = urls.map((url) => new URL(url).host);
  return lines([`DEVCLUSTER_ETCD=${hosts.join(',')}`, `ETCD_MACHINES=${urls.join(',')}`]);
}

function fleetConfig(seed: MachineSeed): string {
  const { node } = seed;
  const servers = endpoints(seed).map((url) => `"${url}"`);
  const metadata = Object.entries(sortedMetadata(node.metadata)).map(([name, value]) => `${name}=${value}`);
  return lines([
    `public_ip="${node.address}"`,
    `metadata="${metadata.join(',')}"`,
    `agent_ttl="${agentTtl}"`,
    `token_limit=${tokenLimit}`,
    `etcd_servers=[${servers.join(',')}]`,
  ]);
}

/** The machine's own first: a client that knows one only is cut off whenever that one restarts. */
const endpoints = ({ cluster, node }: MachineSeed): readonly string[] => [
  clientUrl('127.0.0.1'),
  ...cluster.nodes.filter(({ index }) => index !== node.index).map(({ address }) => clientUrl(address)),
];

const lines = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
