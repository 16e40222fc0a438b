/** What an `up` is asked for: flags, cluster file and present cluster, put together. */
import { ClusterAmbiguous, UsageWrong } from '../../../core/errors/devcluster.ts';
import type { ClusterDraft } from '../../../core/topology/cluster-file.ts';
import { parseDomain } from '../../../core/topology/domain.ts';
import { type Metadata, parseMetadata } from '../../../core/topology/metadata.ts';
import { machineIndex, machineName, mostMachines } from '../../../core/topology/names.ts';
import type { Parsed } from '../../../core/topology/parsed.ts';
import { type PresentCluster, presentSpec } from '../../../core/topology/present.ts';
import { clusterSpec, strayMachines } from '../../../core/topology/spec.ts';
import { parseSubnet } from '../../../core/topology/subnet.ts';
import type { ClusterName, ClusterSpec } from '../../../core/topology/types.ts';
import {
  type ClusterFileRead,
  findClusterFile,
  readClusterFile,
  readReferences,
  type UnitText,
} from '../cluster-files.ts';
import { requireName } from '../clusters.ts';
import type { Config } from '../config.ts';

export interface WishOptions {
  readonly name?: string;
  readonly file?: string;
  readonly machines?: string;
  readonly metadata?: readonly string[];
  readonly domain?: string;
  readonly subnet?: string;
}

/** Everything that can be known, and be wrong, before an engine is asked. */
export interface Wish {
  /** Undefined when nothing says which cluster. */
  readonly name: ClusterName | undefined;
  readonly flags: ClusterDraft;
  readonly file: ClusterFileRead | undefined;
  readonly units: readonly UnitText[];
}

/** The name of a cluster that nobody named, when there is none yet. */
const defaultName = 'devcluster' as ClusterName;

/** @throws {UsageWrong} @throws {ClusterFileMissing} @throws {ClusterFileWrong} */
export async function readWish(options: WishOptions, config: Config): Promise<Wish> {
  const flags = draftOfFlags(options);
  const named = options.name === undefined ? undefined : requireName(options.name, '--name');
  // A file that somebody points at says more than what a shell still remembers.
  const given = options.file === undefined ? undefined : await readClusterFile(options.file);
  const environment = config.clusterName === undefined ? undefined : requireName(config.clusterName, 'DEVCLUSTER_NAME');
  const said = named ?? given?.draft.name ?? environment;
  const file = given ?? (await nearFile(config.workingFolder, said));
  const units = file === undefined ? [] : await readReferences(file);
  return { name: said ?? file?.draft.name, flags, file, units };
}

/** A file that happens to be near describes only the cluster that it names. */
async function nearFile(folder: string, said: ClusterName | undefined): Promise<ClusterFileRead | undefined> {
  const near = await findClusterFile(folder);
  if (near === undefined) return undefined;
  const file = await readClusterFile(near);
  return said === undefined || said === file.draft.name ? file : undefined;
}

function draftOfFlags(options: WishOptions): ClusterDraft {
  const metadata = new Map<number, Metadata>();
  for (const text of options.metadata ?? []) {
    const at = text.indexOf('=');
    const index = machineIndex(text.slice(0, at));
    if (at < 0 || index === undefined) {
      throw new UsageWrong({
        message: `--metadata "${text}" does not begin with a machine and "="`,
        remedy: 'Write it like --metadata core-02=purpose=db,disk=ssd.',
      });
    }
    metadata.set(index, meaning('--metadata', text.slice(at + 1), parseMetadata));
  }
  const { machines, domain, subnet } = options;
  return {
    metadata,
    ...(machines === undefined ? {} : { machines: meaning('-n', machines, parseCount) }),
    ...(domain === undefined ? {} : { domain: meaning('--domain', domain, parseDomain) }),
    ...(subnet === undefined ? {} : { subnet: meaning('--subnet', subnet, parseSubnet) }),
  };
}

function meaning<T>(flag: string, text: string, parse: (text: string) => Parsed<T>): T {
  const parsed = parse(text);
  if ('value' in parsed) return parsed.value;
  throw new UsageWrong({ message: `${flag} "${text}" ${parsed.wrong}`, remedy: 'See: devcluster up --help.' });
}

function parseCount(text: string): Parsed<number> {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > mostMachines) {
    return { wrong: `is not a number of machines from 1 to ${mostMachines}` };
  }
  return { value: count };
}

/** The cluster that is meant: the named one, else the only one there is, else a first one. @throws {ClusterAmbiguous} */
export function meantCluster(wish: Wish, clusters: readonly PresentCluster[]): ClusterName {
  if (wish.name !== undefined) return wish.name;
  if (clusters.length > 1) throw new ClusterAmbiguous({ names: clusters.map(({ name }) => name) });
  return clusters[0]?.name ?? defaultName;
}

/** @throws {UsageWrong} metadata for a machine that the cluster will not have */
export function wantedCluster(wish: Wish, name: ClusterName, present: PresentCluster | undefined): ClusterSpec {
  const spec = clusterSpec(name, {
    flags: wish.flags,
    file: wish.file?.draft,
    present: present === undefined ? undefined : presentSpec(present),
  });
  const [stray] = strayMachines(spec, wish.flags);
  if (stray !== undefined) {
    throw new UsageWrong({
      message: `--metadata names ${machineName(stray)}, but the cluster has ${spec.machines.length} machines`,
      remedy: `Add -n ${stray}, or name a machine up to ${machineName(spec.machines.length)}.`,
    });
  }
  return spec;
}
