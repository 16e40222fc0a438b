/** `devcluster env`: what fleetctl and etcdctl in a shell need to know about a cluster. */
import type { PresentCluster } from '../../../core/topology/present.ts';
import { clientUrl } from '../../../core/topology/seed.ts';
import { selectMachine } from '../clusters.ts';
import { ensureKeyFiles, type KeyFiles } from '../keys.ts';
import type { Desk } from '../world.ts';
import { type FactsOptions, openCluster, printJson } from './command.ts';

export type ClusterEnvironment = Readonly<Record<string, string>>;

/** fleetctl goes through the first machine that runs; etcdctl straight to the machines, where their network is in reach. */
export function clusterEnvironment(cluster: PresentCluster, keys: KeyFiles): ClusterEnvironment {
  const entrance = cluster.machines.find(({ state }) => state === 'running') ?? selectMachine(cluster, undefined);
  return {
    DEVCLUSTER_NAME: cluster.name,
    FLEETCTL_TUNNEL: `127.0.0.1:${entrance.sshPort}`,
    FLEETCTL_SSH_USERNAME: 'core',
    FLEETCTL_IDENTITY_FILE: keys.identity,
    FLEETCTL_KNOWN_HOSTS_FILE: keys.knownHosts,
    ETCDCTL_API: '3',
    ETCDCTL_ENDPOINTS: cluster.machines.map(({ address }) => clientUrl(address)).join(','),
  };
}

export async function env(desk: Desk, options: FactsOptions): Promise<void> {
  const { engine, cluster } = await openCluster(desk, options);
  const keys = await ensureKeyFiles(engine.docker, desk.config.dataFolder, cluster);
  const environment = clusterEnvironment(cluster, keys);
  desk.io.out(options.output === 'json' ? printJson(environment) : printExports(environment));
}

/** For `eval` in a POSIX shell. */
const printExports = (environment: ClusterEnvironment): string =>
  Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quoted(value)}`)
    .join('\n');

const quoted = (value: string): string =>
  /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
