/** What of a cluster is there, read back from labels alone. */
import { labels } from './labels.ts';
import { parseSpec } from './spec.ts';
import type { ClusterName, ClusterSpec } from './types.ts';

/** As an engine reports a container of ours. */
export interface LabelledContainer {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface LabelledNetwork {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A machine's container, whatever became of it. */
export interface PresentMachine {
  readonly index: number;
  readonly name: string;
  readonly container: string;
  readonly image: string;
  readonly imageId: string;
  /** As the engine says: `created`, `running`, `exited` … */
  readonly state: string;
  readonly address: string;
  readonly sshPort: number;
  /** One line: `ssh-ed25519 AAAA…`; empty when unknown. */
  readonly hostKey: string;
  /** The whole cluster as it was wanted when this machine was made. */
  readonly spec: ClusterSpec | undefined;
}

/** Somebody's claim to be changing the cluster. */
export interface PresentLock {
  readonly container: string;
  /** Who: as `printOwner` wrote it. */
  readonly owner: string;
  /** What they were making. */
  readonly spec: ClusterSpec | undefined;
}

/** Where a cluster is and how it began: decided once, when it was created. */
export interface Origin {
  readonly subnet: string;
  readonly token: string;
  readonly founders: number;
}

export interface PresentCluster {
  readonly name: ClusterName;
  /** From whatever is left of it; undefined when that is only a lock. */
  readonly origin: Origin | undefined;
  /** The id of its network. */
  readonly network: string | undefined;
  /** In the order of their indices. */
  readonly machines: readonly PresentMachine[];
  readonly lock: PresentLock | undefined;
}

/** Sorts what an engine has by cluster; leftovers of any kind make a cluster, so that `down` can find them. */
export function presentClusters(
  containers: readonly LabelledContainer[],
  networks: readonly LabelledNetwork[],
): readonly PresentCluster[] {
  const names = new Set(
    [...containers, ...networks].map((thing) => thing.labels[labels.cluster]).filter((name) => name !== undefined),
  );
  return [...names].toSorted().map((name) => {
    const own = containers.filter((container) => container.labels[labels.cluster] === name);
    const network = networks.find((candidate) => candidate.labels[labels.cluster] === name);
    const lock = own.find((container) => container.labels[labels.lock] !== undefined);
    return {
      name: name as ClusterName,
      origin: [network, ...own].flatMap((thing) => readOrigin(thing?.labels ?? {}))[0],
      network: network?.id,
      machines: own.flatMap(readMachine).toSorted((a, b) => a.index - b.index),
      lock: lock && {
        container: lock.name,
        owner: lock.labels[labels.lock] ?? '',
        spec: parseSpec(lock.labels[labels.spec]),
      },
    };
  });
}

function readOrigin(from: Readonly<Record<string, string>>): readonly Origin[] {
  const [subnet, token, founders] = [from[labels.subnet], from[labels.token], Number(from[labels.founders])];
  return subnet !== undefined && token !== undefined && founders > 0 ? [{ subnet, token, founders }] : [];
}

function readMachine(container: LabelledContainer): readonly PresentMachine[] {
  const name = container.labels[labels.machine];
  if (name === undefined) return [];
  return [
    {
      index: Number(container.labels[labels.index]),
      name,
      container: container.name,
      image: container.image,
      imageId: container.imageId,
      state: container.state,
      address: container.labels[labels.address] ?? '',
      sshPort: Number(container.labels[labels.sshPort] ?? 0),
      hostKey: container.labels[labels.hostKey] ?? '',
      spec: parseSpec(container.labels[labels.spec]),
    },
  ];
}

/**
 * The cluster as it is, in the form of a wish: what an `up` that says nothing new should keep. An interrupted `up` left
 * its wish with its lock; it is finished rather than forgotten.
 */
export function presentSpec(cluster: PresentCluster): ClusterSpec | undefined {
  if (cluster.lock?.spec !== undefined) return cluster.lock.spec;
  const made = cluster.machines.filter((machine) => machine.spec !== undefined);
  // The machine that was made last knows most, and the most machines were there when it was made.
  const latest = made.toSorted((a, b) => (b.spec?.machines.length ?? 0) - (a.spec?.machines.length ?? 0))[0]?.spec;
  if (latest === undefined) return undefined;
  const count = Math.max(1, ...cluster.machines.map(({ index }) => index));
  return {
    ...latest,
    machines: latest.machines.filter(({ index }) => index <= count),
    ...(cluster.origin === undefined ? {} : { subnet: cluster.origin.subnet }),
  };
}
