/** Names and numbers of clusters and machines, and what follows from them. */
import { createHash } from 'node:crypto';
import type { MachineId } from '../machine/types.ts';
import type { Parsed } from './parsed.ts';
import type { ClusterName } from './types.ts';

/** Room for `-core-100` in a host name of at most 63 characters, with some to spare. */
const longestName = 32;

/** The highest machine whose address, .100 plus its index, is one of a /24. */
export const mostMachines = 150;

export function parseClusterName(text: string): Parsed<ClusterName> {
  if (text === '') return { wrong: 'is empty' };
  if (text.length > longestName) return { wrong: `is longer than ${longestName} characters` };
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(text)) {
    return { wrong: 'may hold only lower-case letters, digits and inner dashes' };
  }
  return { value: text as ClusterName };
}

/** `core-01`, `core-02` …: Vagrant's names, which the tutorials use. */
export const machineName = (index: number): string => `core-${String(index).padStart(2, '0')}`;

/** @returns undefined when the text names no machine */
export function machineIndex(name: string): number | undefined {
  const digits = /^core-(\d{2,3})$/.exec(name)?.[1];
  const index = Number(digits);
  return digits !== undefined && index >= 1 && index <= mostMachines && machineName(index) === name ? index : undefined;
}

export const containerName = (cluster: ClusterName, index: number): string => `${cluster}-${machineName(index)}`;

/** The Docker network of a cluster. */
export const networkName = (cluster: ClusterName): string => cluster;

/** The container that stands for "somebody is changing this cluster". */
export const lockName = (cluster: ClusterName): string => `${cluster}-lock`;

/** The same whenever and wherever this cluster is made: a machine made again is the same machine, and outputs can be compared. */
export const machineId = (cluster: ClusterName, index: number): MachineId =>
  createHash('sha256')
    .update(`${cluster}/${machineName(index)}`)
    .digest('hex')
    .slice(0, 32) as MachineId;
