/** The units that arguments name, among those that the registry has. @see fleet.md 7.5 */
import type { ApiUnit } from '../../core/api/entities.ts';
import { mangle } from '../../core/unit/index.ts';
import type { World } from './world.ts';

/** Names that the registry does not have are dropped without a word. @returns units in the order of the arguments, each once */
export async function findUnits({ fleet }: Pick<World, 'fleet'>, args: readonly string[]): Promise<readonly ApiUnit[]> {
  const units = new Map<string, ApiUnit>((await fleet.units()).map((unit) => [unit.name, unit]));
  return [...new Set(args.map(mangle))].flatMap((name) => units.get(name) ?? []);
}
