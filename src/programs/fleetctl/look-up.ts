/** Looks units up by name: a question for each of a few, one list for many. */
import type { ApiUnit } from '../../core/api/entities.ts';
import type { UnitName } from '../../core/unit/types.ts';
import type { World } from './world.ts';

/** From here on a list, though longer, is sooner there than so many answers. */
export const few = 3;

/** @param count how many units will be asked for; a list is of one moment, the first one that is asked at */
export function lookUp(
  { fleet }: Pick<World, 'fleet'>,
  count: number,
): (name: UnitName) => Promise<ApiUnit | undefined> {
  if (count <= few) return (name) => fleet.unit(name);
  let all: Promise<ReadonlyMap<UnitName, ApiUnit>> | undefined;
  return async (name) => {
    all ??= fleet.units().then((units) => new Map(units.map((unit) => [unit.name, unit])));
    return (await all).get(name);
  };
}
