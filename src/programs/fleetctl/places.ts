/** How people are told which machine: the short id and, when it is known, the address. @see fleet.md 7.3, 7.6 */
import type { ApiMachine } from '../../core/api/entities.ts';
import type { MachineId } from '../../core/machine/types.ts';

export type MachinesById = ReadonlyMap<MachineId, ApiMachine>;

export const byId = (machines: readonly ApiMachine[]): MachinesById => new Map(machines.map((one) => [one.id, one]));

/** The first eight characters and dots, though nothing may be left out. */
export const shortId = (id: string): string => `${id.slice(0, 8)}...`;

/** @param machines those that are known; of any other only the id is told */
export function placeOf(id: MachineId, machines: MachinesById, full = false): string {
  const address = machines.get(id)?.publicIp ?? '';
  return (full ? id : shortId(id)) + (address === '' ? '' : `/${address}`);
}
