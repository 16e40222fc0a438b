/** Whether a machine, seen alone, can take a unit. */
import type { Requirements } from '../unit/requirements.ts';
import { isNamed } from './id.ts';
import type { Metadata } from './metadata.ts';
import type { Machine, MachineId } from './types.ts';

/** Whether the metadata has, for every key asked for, one of the values asked for. @see fleet.md 3.5, filter 2 */
export function hasMetadata(metadata: Metadata, wanted: Requirements['metadata']): boolean {
  for (const [key, allowed] of wanted) {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    if (value === undefined || !allowed.has(value)) return false;
  }
  return true;
}

/** Why the machine cannot take a unit, whatever else runs there; undefined when it can. @see fleet.md 3.5, filters 1, 2 */
export function machineRefusal({ id, metadata }: Machine, wants: Requirements): string | undefined {
  if (wants.machineId !== undefined && !isNamed(id, wants.machineId)) return otherMachineText(id, wants.machineId);
  if (!hasMetadata(metadata, wants.metadata)) return metadataText;
  return undefined;
}

export const otherMachineText = (id: MachineId, wanted: string): string =>
  `agent ID "${id}" does not match required "${wanted}"`;

export const metadataText = 'local Machine metadata insufficient';
