/** Machine ids, whole and short. @see fleet.md 2.1, 8.4 */
import { MachineIdInvalid } from '../errors/machine.ts';
import type { MachineId } from './types.ts';

const shortLength = 8;

/**
 * Makes a machine id of the content of /etc/machine-id, or of a key in the registry. fleet takes any text; ours must also
 * be usable as one part of a key.
 *
 * @throws {MachineIdInvalid} it is empty, or holds a slash or whitespace
 */
export function machineId(text: string): MachineId {
  const id = text.trim();
  if (id === '' || /[\s/]/.test(id)) throw new MachineIdInvalid({ text: id });
  return id as MachineId;
}

/** The first eight characters, by which people name machines. */
export const shortId = (id: string): string => id.slice(0, shortLength);

/** Whether `wanted` names this machine, by its whole or its short id. */
export const isNamed = (id: MachineId, wanted: string): boolean => wanted === id || wanted === shortId(id);
