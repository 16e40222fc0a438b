/** Which units must be on this machine. @see fleet.md 4.2, 4.5 */
import { invariant } from '../base/invariant.ts';
import { by } from '../base/order.ts';
import { hasMetadata } from '../machine/match.ts';
import type { MachineId } from '../machine/types.ts';
import { type Requirements, requirementsOf } from '../unit/requirements.ts';
import type { Unit } from '../unit/types.ts';
import type { DesiredUnit, Work } from './types.ts';

interface Claim {
  readonly desired: DesiredUnit;
  readonly wants: Requirements;
}

/**
 * The units this machine must have, by name: all that are placed on it, then the global units that fit, by name, unless
 * they conflict with a unit before them. The engine counts in the same order, so that both see the same machine.
 *
 * A placement is obeyed without a second look at its requirements: deciding is the engine's.
 */
export function desire(work: Work, me: MachineId): readonly DesiredUnit[] {
  const claims: Claim[] = work.placements
    .filter(({ machine }) => machine === me)
    .map(({ unit, hash, target }) => {
      const file = work.files.get(hash);
      invariant(file !== undefined, `work for ${me} lacks the file ${hash} of ${unit}`);
      return claim({ name: unit, file, hash, target });
    });
  const placed = new Set(claims.map(({ desired }) => desired.name));
  for (const unit of work.globals.toSorted(by(({ name }) => name))) {
    const candidate = claim(unit);
    if (placed.has(unit.name) || !hasMetadata(work.metadata, candidate.wants.metadata)) continue;
    if (!claims.some((other) => inConflict(candidate, other))) claims.push(candidate);
  }
  return claims.map(({ desired }) => desired).sort(by(({ name }) => name));
}

const claim = ({ name, file, hash, target }: Unit): Claim => ({
  desired: { name, file, hash, target },
  wants: requirementsOf(file, name),
});

/** Either side's wish is enough. @see fleet.md 3.5, filter 4 */
const inConflict = (a: Claim, b: Claim): boolean =>
  a.wants.conflicts.some((glob) => glob.matches(b.desired.name)) ||
  b.wants.conflicts.some((glob) => glob.matches(a.desired.name));
