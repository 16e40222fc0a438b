/** Which combinations of options make sense. @see fleet.md 1.7 */
import { UnitOptionsInvalid } from '../errors/unit.ts';
import { normalise } from './file.ts';
import { type Requirements, requirementsOf } from './requirements.ts';
import type { UnitFile } from './types.ts';

/**
 * Checks the options of a unit that is to be created or changed.
 *
 * @returns the options as they will be stored
 * @throws {UnitFileMalformed} they cannot be stored
 * @throws {UnitOptionsInvalid} they contradict each other; the first contradiction is the message, as fleet has it
 */
export function checkOptions(file: UnitFile): UnitFile {
  const stored = normalise(file);
  const problems = contradictions(requirementsOf(stored));
  if (problems.length > 0) throw new UnitOptionsInvalid({ problems });
  return stored;
}

function contradictions(wants: Requirements): readonly string[] {
  const unresolvable = wants.peers.flatMap((peer) => [
    ...wants.conflicts.filter((glob) => glob.matches(peer)).map((glob) => clash(peer, 'conflict', glob.pattern)),
    ...wants.replaces.filter((glob) => glob.matches(peer)).map((glob) => clash(peer, 'replace', glob.pattern)),
  ]);
  const has = {
    MachineID: wants.machineId !== undefined,
    Peers: wants.peers.length > 0,
    Conflicts: wants.conflicts.length > 0,
    Global: wants.global,
    Replaces: wants.replaces.length > 0,
  };
  const exclusive = exclusions
    .filter(([one, other]) => has[one] && has[other])
    .map(([one, other]) => `${one} cannot be used with ${other}`);
  return [...unresolvable, ...exclusive];
}

const clash = (peer: string, kind: string, pattern: string): string =>
  `unresolvable requirements: peer ${JSON.stringify(peer)} matches ${kind} ${JSON.stringify(pattern)}`;

const exclusions = [
  ['MachineID', 'Peers'],
  ['MachineID', 'Conflicts'],
  ['MachineID', 'Global'],
  ['MachineID', 'Replaces'],
  ['Global', 'Peers'],
  ['Global', 'Replaces'],
  ['Conflicts', 'Replaces'],
] as const;
