/** How people are told what machines answer to a unit. */
import type { MachineId } from '../../core/machine/types.ts';
import type { MachineAnswer } from '../../core/scheduler/obstacles.ts';
import { type MachinesById, placeOf } from './places.ts';

/** A line for each machine and each thing that would have to change there; one line for a machine that can run it. */
export const answerLines = (answers: readonly MachineAnswer[], machines: MachinesById): readonly string[] =>
  answers.flatMap(({ machine, obstacles }) => {
    const place = placeOf(machine, machines);
    if (obstacles.length === 0) return [`  ${place}: can run it`];
    return obstacles.map(({ because, change }) => `  ${place}: ${withPlaces(change, machines)} (${because})`);
  });

/** The text with machines called as people are told them. */
export const withPlaces = (text: string, machines: MachinesById): string =>
  text.replace(/[0-9a-f]{32}/g, (id) => (machines.has(id as MachineId) ? placeOf(id as MachineId, machines) : id));
