/** Which clusters there are, and which one a command means. */
import {
  ClusterAmbiguous,
  ClusterUnknown,
  MachineStopped,
  MachineUnknown,
  NoCluster,
  UsageWrong,
} from '../../core/errors/devcluster.ts';
import { labels } from '../../core/topology/labels.ts';
import { parseClusterName } from '../../core/topology/names.ts';
import { nearNames } from '../../core/topology/near.ts';
import { type PresentCluster, type PresentMachine, presentClusters } from '../../core/topology/present.ts';
import type { ClusterName } from '../../core/topology/types.ts';
import type { DockerEngine } from '../../ports/docker/index.ts';

export async function readClusters(docker: DockerEngine): Promise<readonly PresentCluster[]> {
  const ours = { [labels.cluster]: undefined };
  const [containers, networks] = await Promise.all([docker.containers(ours), docker.networks(ours)]);
  return presentClusters(containers, networks);
}

/** What a command may mean, strongest first; each is asked only when those before it say nothing. */
export interface Hints {
  /** `--name`. */
  readonly flag: string | undefined;
  /** DEVCLUSTER_NAME. */
  readonly environment: string | undefined;
  /** The name in the nearest cluster file. */
  readonly file: () => Promise<string | undefined>;
}

export function requireName(text: string, source: string): ClusterName {
  const parsed = parseClusterName(text);
  if ('value' in parsed) return parsed.value;
  throw new UsageWrong({
    message: `the cluster name "${text}" of ${source} ${parsed.wrong}`,
    remedy: 'Choose a name such as lab or web-2.',
  });
}

/** @returns undefined when nothing was said about which cluster */
export async function hintedName({ flag, environment, file }: Hints): Promise<ClusterName | undefined> {
  if (flag !== undefined) return requireName(flag, '--name');
  if (environment !== undefined) return requireName(environment, 'DEVCLUSTER_NAME');
  const named = await file();
  return named === undefined ? undefined : requireName(named, 'the cluster file');
}

/** @throws {ClusterUnknown} @throws {NoCluster} @throws {ClusterAmbiguous} */
export async function selectCluster(docker: DockerEngine, hints: Hints): Promise<PresentCluster> {
  const [clusters, name] = await Promise.all([readClusters(docker), hintedName(hints)]);
  const known = clusters.map((cluster) => cluster.name);
  if (name !== undefined) {
    const cluster = clusters.find((candidate) => candidate.name === name);
    if (cluster === undefined) throw new ClusterUnknown({ name, near: nearNames(name, known), known });
    return cluster;
  }
  const [only, ...others] = clusters;
  if (only === undefined) throw new NoCluster({});
  if (others.length > 0) throw new ClusterAmbiguous({ names: known });
  return only;
}

/** @param name as people say it; the first machine when they say nothing */
export function selectMachine(cluster: PresentCluster, name: string | undefined): PresentMachine {
  const known = cluster.machines.map((machine) => machine.name);
  const machine = name === undefined ? cluster.machines[0] : cluster.machines.find((other) => other.name === name);
  if (machine === undefined) throw new MachineUnknown({ machine: name ?? 'core-01', cluster: cluster.name, known });
  return machine;
}

/** The same, for what only works on a machine that runs. @throws {MachineStopped} */
export function selectRunningMachine(cluster: PresentCluster, name: string | undefined): PresentMachine {
  const running = cluster.machines.find(({ state }) => state === 'running');
  const machine = name === undefined && running !== undefined ? running : selectMachine(cluster, name);
  if (machine.state !== 'running') throw new MachineStopped({ machine: machine.name, state: machine.state });
  return machine;
}
