/** Which unit states a query asks for. @see fleet.md 6.5 */
import type { ApiUnitState } from './entities.ts';

const machineParameter = 'machineID';
export const unitParameter = 'unitName';

/** Exact matches, both of them when both are given; an empty value filters nothing. */
export function stateFilter(query: URLSearchParams): (state: Pick<ApiUnitState, 'unit' | 'machine'>) => boolean {
  const machine = query.get(machineParameter) ?? '';
  const unit = query.get(unitParameter) ?? '';
  return (state) => (machine === '' || state.machine === machine) && (unit === '' || state.unit === unit);
}
