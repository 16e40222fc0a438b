/** Which combinations of options make sense. @see fleet.md 1.7 */
import { UnitOptionsInvalid } from '../errors/unit.ts';
import { normalise } from './file.ts';
import { quoteText } from './quote.ts';
import { type Requirements, requirementsOf } from './requirements.ts';
import type { UnitFile } from './types.ts';

/**
 * How much one unit may ask for. fleet has no limit, but every pattern is compared with every unit's name, and a unit
 * file has room for a hundred thousand of them.
 */
const requirementsMax = 1_000;
/** As many as a person can use at once. */
const problemsMax = 10;

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
  const values = [...wants.metadata.values()].map(({ size }) => size);
  const count = values.reduce(
    (sum, size) => sum + size,
    wants.peers.length + wants.conflicts.length + wants.replaces.length,
  );
  if (count > requirementsMax) return [`too many requirements in [X-Fleet] section: ${count} (max ${requirementsMax})`];
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
  return [...unresolvable, ...exclusive].slice(0, problemsMax);
}

const clash = (peer: string, kind: string, pattern: string): string =>
  `unresolvable requirements: peer ${quoteText(peer)} matches ${kind} ${quoteText(pattern)}`;

const exclusions = [
  ['MachineID', 'Peers'],
  ['MachineID', 'Conflicts'],
  ['MachineID', 'Global'],
  ['MachineID', 'Replaces'],
  ['Global', 'Peers'],
  ['Global', 'Replaces'],
  ['Conflicts', 'Replaces'],
] as const;
