/** Whether a machine can take a unit beside what is on it, and why not, in fleet's words. @see fleet.md 3.5 */
import { by } from '../base/order.ts';
import { machineRefusal } from '../machine/match.ts';
import { type DraftMachine, type DraftUnit, hasConflict, inConflict, metadataKey, replacesOneWay } from './draft.ts';

/** Whether the machine can run the unit, which may be there already. */
export const fits = (unit: DraftUnit, machine: DraftMachine): boolean =>
  machineRefusal(machine.machine, unit.wants) === undefined &&
  missingPeer(unit, machine) === undefined &&
  !hasConflict(unit, machine);

/** Why the machine cannot run the unit; undefined when it can. */
export function refusal(unit: DraftUnit, machine: DraftMachine): string | undefined {
  const alone = machineRefusal(machine.machine, unit.wants);
  if (alone !== undefined) return alone;
  const peer = missingPeer(unit, machine);
  if (peer !== undefined) return missingPeerText(peer);
  return hasConflict(unit, machine) ? conflictText(unit, machine) : undefined;
}

/** The first peer that is not on the machine. */
export const missingPeer = (unit: DraftUnit, machine: DraftMachine): string | undefined =>
  unit.wants.peers.find((peer) => !machine.units.has(peer));

export const missingPeerText = (peer: string): string => `required peer Unit(${peer}) is not scheduled locally`;

/**
 * Names the first unit by name that conflicts. fleet names the refused unit itself when it is the other side that
 * declares the conflict, which helps nobody.
 */
export function conflictText(unit: DraftUnit, machine: DraftMachine): string {
  const others = [...machine.units.values()].filter((other) => other.name !== unit.name && inConflict(unit, other));
  return conflictTextWith(others.sort(by(({ name }) => name))[0]?.name ?? '');
}

export const conflictTextWith = (name: string): string => `found conflict with locally-scheduled Unit([${name}])`;

export const replacementText = (by: DraftUnit): string => `found replace with locally-scheduled Unit(${by.name})`;

/** The units on the machine that this unit replaces, by name. Global units are nobody's to move. */
export function replacedBy(unit: DraftUnit, machine: DraftMachine): readonly DraftUnit[] {
  if (!unit.replaces.some((number) => (machine.matched.get(number) ?? 0) > 0)) return [];
  return [...machine.units.values()]
    .filter((other) => other !== unit && !other.wants.global && replacesOneWay(unit, other))
    .sort(by(({ name }) => name));
}

/** Whether a unit on the machine would send this one away again. */
export const wouldBeReplaced = (unit: DraftUnit, machine: DraftMachine): boolean =>
  unit.matchedBy.some((number) => (machine.replacing.get(number) ?? 0) > 0) &&
  [...machine.units.values()].some((other) => other !== unit && replacesOneWay(other, unit));

/** Equal for units that every machine answers alike, so that many instances of one template are asked about once. */
export function kindOf(unit: DraftUnit): string {
  const { wants, conflicts, replaces, matchedBy } = unit;
  unit.kind ??= JSON.stringify([
    wants.machineId ?? null,
    metadataKey(wants.metadata),
    wants.peers,
    conflicts,
    replaces,
    matchedBy,
  ]);
  return unit.kind;
}
