/** Drafts to a whole cluster, and a whole cluster to the text and the hash that its labels carry. */
import { createHash } from 'node:crypto';
import type { ClusterDraft } from './cluster-file.ts';
import { defaultDomain } from './domain.ts';
import { defaultMetadata, sortedMetadata } from './metadata.ts';
import type { ClusterName, ClusterSpec, MachineSpec } from './types.ts';

/** How many machines a cluster has when nobody says: the fewest that survive the loss of one. */
const defaultMachines = 3;

/** What each source says about a cluster; every source is weaker than those before it. */
export interface Sources {
  readonly flags: ClusterDraft;
  readonly file?: ClusterDraft | undefined;
  /** The cluster as it is, when there is one and no file describes it. */
  readonly present?: ClusterSpec | undefined;
}

/** The normalised form: equal wishes give equal values. */
export function clusterSpec(name: ClusterName, { flags, file, present }: Sources): ClusterSpec {
  const count = flags.machines ?? file?.machines ?? present?.machines.length ?? defaultMachines;
  const metadataOf = (index: number): MachineSpec['metadata'] =>
    flags.metadata.get(index) ??
    file?.metadata.get(index) ??
    present?.machines.find((machine) => machine.index === index)?.metadata ??
    defaultMetadata(index);
  const subnet = flags.subnet ?? file?.subnet ?? present?.subnet;
  return {
    name,
    machines: Array.from({ length: count }, (_, at) => ({
      index: at + 1,
      metadata: sortedMetadata(metadataOf(at + 1)),
    })),
    domain: flags.domain ?? file?.domain ?? present?.domain ?? defaultDomain,
    ...(subnet === undefined ? {} : { subnet }),
    units: file?.units ?? present?.units ?? [],
    images: file?.images ?? present?.images ?? [],
    folders: file?.folders ?? present?.folders ?? [],
  };
}

/** Metadata that flags give to machines beyond the last one: a slip that would otherwise pass unseen. */
export const strayMachines = (spec: ClusterSpec, flags: ClusterDraft): readonly number[] =>
  [...flags.metadata.keys()].filter((index) => index > spec.machines.length).toSorted((a, b) => a - b);

export const printSpec = (spec: ClusterSpec): string => JSON.stringify(spec);

/** @returns undefined for text that no version of this tool wrote as a label */
export function parseSpec(text: string | undefined): ClusterSpec | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'machines' in value ? (value as ClusterSpec) : undefined;
  } catch {
    return undefined;
  }
}

/** What of a machine cannot be changed without making its container again; each with the word that names it. */
export const fixedParts = (spec: ClusterSpec, machine: MachineSpec): Readonly<Record<string, string>> => ({
  metadata: JSON.stringify(sortedMetadata(machine.metadata)),
  domain: spec.domain,
  folders: JSON.stringify(spec.folders),
  images: JSON.stringify(spec.images.map(({ reference }) => reference).toSorted()),
});

/** The words for what differs between a machine as it was made and as it is wanted. */
export function changedParts(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.keys(after).filter((part) => before[part] !== after[part]);
}

/** The hash that a machine's label carries, for people and other tools to compare machines by. */
export const fixedHash = (spec: ClusterSpec, machine: MachineSpec): string =>
  createHash('sha256')
    .update(JSON.stringify(fixedParts(spec, machine)))
    .digest('hex')
    .slice(0, 12);
