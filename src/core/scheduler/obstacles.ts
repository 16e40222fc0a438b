/** All that keeps a unit off a machine, in filter order, and what would have to change there, in words. @see fleet.md 3.5 */
import { by } from '../base/order.ts';
import { isNamed } from '../machine/id.ts';
import { metadataText, otherMachineText } from '../machine/match.ts';
import type { MachineId } from '../machine/types.ts';
import { conflictTextWith, missingPeerText } from './able.ts';
import { type Draft, type DraftMachine, type DraftUnit, inConflict } from './draft.ts';

/** One thing that would have to change before a machine could run a unit. */
export interface Obstacle {
  readonly filter: 'machine-id' | 'metadata' | 'peer' | 'conflict';
  /** The refusal in fleet's words. */
  readonly because: string;
  /** `needs metadata disk=ssd; has disk=hdd` */
  readonly change: string;
}

/** What one machine says to one unit: nothing when it can run it. */
export interface MachineAnswer {
  readonly machine: MachineId;
  readonly obstacles: readonly Obstacle[];
}

/** Every machine's answer, by machine id. */
export const answersOf = (unit: DraftUnit, draft: Draft): readonly MachineAnswer[] =>
  [...draft.machines.values()]
    .sort(by(({ id }) => id))
    .map((machine) => ({ machine: machine.id, obstacles: obstacles(unit, machine, draft) }));

/** Agents of global units look at metadata and conflicts alone. @see fleet.md 3.3 */
const obstacles = (unit: DraftUnit, machine: DraftMachine, draft: Draft): readonly Obstacle[] => [
  ...(unit.wants.global ? [] : otherMachine(unit, machine)),
  ...otherMetadata(unit, machine),
  ...(unit.wants.global ? [] : missingPeers(unit, machine, draft)),
  ...conflicts(unit, machine),
];

function otherMachine({ wants: { machineId } }: DraftUnit, { id }: DraftMachine): readonly Obstacle[] {
  if (machineId === undefined || isNamed(id, machineId)) return [];
  const change =
    machineId === '' ? 'needs a machine, but MachineID= names none' : `needs machine ${machineId}; is ${id}`;
  return [{ filter: 'machine-id', because: otherMachineText(id, machineId), change }];
}

function otherMetadata({ wants }: DraftUnit, { machine: { metadata } }: DraftMachine): readonly Obstacle[] {
  return [...wants.metadata].flatMap(([key, allowed]): readonly Obstacle[] => {
    const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    if (value !== undefined && allowed.has(value)) return [];
    const wanted = [...allowed].map((one) => `${key}=${one}`).join(' or ');
    const change = `needs metadata ${wanted}; has ${value === undefined ? `no ${key}` : `${key}=${value}`}`;
    return [{ filter: 'metadata', because: metadataText, change }];
  });
}

const missingPeers = (unit: DraftUnit, machine: DraftMachine, draft: Draft): readonly Obstacle[] =>
  unit.wants.peers
    .filter((peer) => !machine.units.has(peer))
    .map((peer) => ({ filter: 'peer', because: missingPeerText(peer), change: whyPeerIsMissing(unit, peer, draft) }));

function whyPeerIsMissing(unit: DraftUnit, name: string, draft: Draft): string {
  if (name === '') return 'needs a unit beside it, but MachineOf= names none';
  if (name === unit.name) return 'needs itself to be here first, which never happens';
  const peer = draft.units.get(name);
  const why = () => {
    if (peer === undefined) return 'the cluster has no such unit';
    if (peer.wants.global) return 'it is global and does not apply to this machine';
    if (peer.on !== undefined) return `it is on ${peer.on.id}`;
    if (follows(peer, unit, draft)) return `it follows ${unit.name} in turn, so that neither can be first`;
    if (peer.unit.target === 'inactive') return 'its target state is inactive';
    return 'no machine can run it';
  };
  return `needs ${name} here; ${why()}`;
}

/** Whether a unit waits for another one, perhaps by way of further units. */
function follows(unit: DraftUnit, other: DraftUnit, draft: Draft): boolean {
  const seen = new Set([unit]);
  for (const { wants } of seen) {
    for (const name of wants.peers) {
      const peer = draft.units.get(name);
      if (peer === other) return true;
      if (peer !== undefined) seen.add(peer);
    }
  }
  return false;
}

const conflicts = (unit: DraftUnit, machine: DraftMachine): readonly Obstacle[] =>
  [...machine.units.values()]
    .filter((other) => other !== unit && inConflict(unit, other))
    .sort(by(({ name }) => name))
    .map((other) => ({
      filter: 'conflict',
      because: conflictTextWith(other.name),
      change: `needs ${other.name} elsewhere; ${whoDeclares(unit, other)}`,
    }));

function whoDeclares(unit: DraftUnit, other: DraftUnit): string {
  const own = unit.wants.conflicts.find((glob) => glob.matches(other.name));
  if (own !== undefined) return `this unit has Conflicts=${own.pattern}`;
  const theirs = other.wants.conflicts.find((glob) => glob.matches(unit.name));
  return `it has Conflicts=${theirs?.pattern}`;
}
