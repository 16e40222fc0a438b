/** What the doctor looks at: read first, judged by `checks.ts`. */
import { labels } from '../../../core/topology/labels.ts';
import { type PresentCluster, presentClusters } from '../../../core/topology/present.ts';
import type { UsedRange } from '../../../core/topology/subnet.ts';
import type { EngineFacts } from '../../../ports/docker/index.ts';
import type { Host } from '../../../ports/host/index.ts';
import type { EngineHost } from '../../../ports/host-engine/index.ts';
import { privateEngine, privatePid } from '../engine/private.ts';
import { isHeld } from '../lock.ts';
import type { Engine } from '../world.ts';

/** Facts about a Linux host that the engine runs on; undefined where they cannot be read. */
export interface LocalFacts {
  readonly inotifyInstances: number | undefined;
  /** What no process of the engine can get beyond, as the kernel's bit mask. */
  readonly capabilityBound: bigint | undefined;
  readonly freeBytes: number | undefined;
  /** Where that is. */
  readonly dataRoot: string;
}

export interface DoctorFacts {
  readonly engine: EngineFacts;
  readonly host: string;
  readonly source: string;
  /** Undefined when the engine runs elsewhere, or in a virtual machine. */
  readonly local: LocalFacts | undefined;
  /** What the host and other networks of the engine use. */
  readonly used: readonly UsedRange[];
  readonly clusters: readonly PresentCluster[];
  /** Of those, the ones whose making was interrupted. */
  readonly interrupted: readonly string[];
  /** Volumes that belong to no cluster that is there. */
  readonly strayVolumes: readonly string[];
  readonly hasSsh: boolean;
}

export interface Doctors {
  readonly engines: EngineHost;
  readonly host: Host;
}

export async function readDoctorFacts({ engines, host }: Doctors, engine: Engine): Promise<DoctorFacts> {
  const { docker } = engine;
  const ours = { [labels.cluster]: undefined };
  const [facts, containers, networks, volumes, ranges, hasSsh] = await Promise.all([
    docker.facts(),
    docker.containers(ours),
    docker.networks(),
    docker.volumes(ours),
    host.ranges(),
    engines.hasProgram('ssh'),
  ]);
  const own = networks.filter((network) => labels.cluster in network.labels);
  const others = networks.filter((network) => !(labels.cluster in network.labels));
  const clusters = presentClusters(containers, own);
  const names = new Set<string>(clusters.map(({ name }) => name));
  const held = await Promise.all(clusters.map(async ({ lock }) => lock !== undefined && !(await isHeld(lock))));
  // The host has an address in every network of the engine: those of our clusters are no clash.
  const ownSubnets = own.flatMap(({ subnets }) => subnets);
  return {
    engine: facts,
    host: engine.host,
    source: engine.source,
    local: await readLocalFacts(engines, engine),
    used: [
      ...ranges.filter(({ range }) => !ownSubnets.some((subnet) => sameNetwork(subnet, range))),
      ...others.flatMap(({ name, subnets }) => subnets.map((range) => ({ range, by: `the engine's network ${name}` }))),
    ],
    clusters,
    interrupted: clusters.filter((_, at) => held[at]).map(({ name }) => name),
    strayVolumes: volumes.filter((volume) => !names.has(volume.labels[labels.cluster] ?? '')).map(({ name }) => name),
    hasSsh,
  };
}

/** Whether an address of the host lies in a /24 of ours. */
const sameNetwork = (subnet: string, range: string): boolean =>
  subnet.split('.').slice(0, 3).join('.') === range.split('.').slice(0, 3).join('.');

async function readLocalFacts(engines: EngineHost, { host, docker }: Engine): Promise<LocalFacts | undefined> {
  if (engines.platform !== 'linux' || !host.startsWith('unix://')) return undefined;
  const { operatingSystem } = await docker.facts();
  if (/desktop|colima|orbstack|lima/i.test(`${operatingSystem} ${host}`)) return undefined;
  const isPrivate = host === privateEngine.host;
  const pid = isPrivate ? await privatePid(engines) : undefined;
  const dataRoot = isPrivate ? privateEngine.dataRoot : '/var/lib/docker';
  const [inotify, status, freeBytes] = await Promise.all([
    engines.readText('/proc/sys/fs/inotify/max_user_instances'),
    engines.readText(`/proc/${pid ?? 1}/status`),
    engines.freeBytes(dataRoot).then((free) => free ?? engines.freeBytes('/')),
  ]);
  const bound = /^CapBnd:\s*([0-9a-f]+)$/m.exec(status ?? '')?.[1];
  return {
    inotifyInstances: inotify === undefined ? undefined : Number(inotify),
    capabilityBound: bound === undefined ? undefined : BigInt(`0x${bound}`),
    freeBytes,
    dataRoot,
  };
}
