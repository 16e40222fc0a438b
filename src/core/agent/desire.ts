/** What must be on one machine: what the engine placed there, and the global units that fit beside it. @see fleet.md 4.2, 4.5 */
import { by } from '../base/order.ts';
import type { Machine } from '../machine/types.ts';
import { type Requirements, requirementsOf } from '../unit/requirements.ts';
import type { Unit, UnitName } from '../unit/types.ts';
import type { DesiredUnit, Work } from './types.ts';

interface Settled {
  readonly name: UnitName;
  readonly asks: Requirements;
}

/**
 * The units that `me` must have, by name. Placed units come first, as they do for the engine: a global unit that
 * conflicts with one stays away, whatever their names. Among global units the earlier name wins.
 *
 * @returns only units that are to be loaded or launched
 */
export function desire(work: Work, me: Pick<Machine, 'id'>): readonly DesiredUnit[] {
  const desired: DesiredUnit[] = [];
  const settled: Settled[] = [];
  const settle = (unit: DesiredUnit, asks: Requirements) => {
    desired.push(unit);
    settled.push({ name: unit.name, asks });
  };
  for (const { unit: name, hash, target, machine } of work.placements) {
    const file = work.files.get(hash);
    if (file !== undefined && machine === me.id) settle({ name, file, hash, target }, requirementsOf(file, name));
  }
  for (const unit of work.globals.toSorted(by(({ name }) => name))) {
    const asks = requirementsOf(unit.file, unit.name);
    if (unit.target === 'inactive' || !fits(asks, work.metadata)) continue;
    if (!settled.some((other) => inConflict({ name: unit.name, asks }, other))) settle(globalUnit(unit), asks);
  }
  return desired.sort(by(({ name }) => name));
}

const globalUnit = ({ name, file, hash, target }: Unit): DesiredUnit => ({ name, file, hash, target });

const fits = ({ metadata: allowed }: Requirements, metadata: Work['metadata']): boolean =>
  [...allowed].every(([key, values]) => values.has(metadata[key] ?? ''));

const inConflict = (one: Settled, other: Settled): boolean =>
  one.name !== other.name &&
  (one.asks.conflicts.some((glob) => glob.matches(other.name)) ||
    other.asks.conflicts.some((glob) => glob.matches(one.name)));
