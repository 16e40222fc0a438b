/** What the machines publish about their units. */
import { encodeUnitState } from '../../../core/api/entities.ts';
import { stateFilter, unitParameter } from '../../../core/api/state-filter.ts';
import { statesOf } from '../../../core/api/views.ts';
import { UnitStateMissing } from '../../../core/errors/api.ts';
import type { UnitName } from '../../../core/unit/index.ts';
import type { ApiWorld } from './handler.ts';
import { json, page, queryOf } from './responses.ts';

export async function listStates({ registry, tokenLimit }: ApiWorld, request: Request): Promise<Response> {
  const query = queryOf(request);
  const name = query.get(unitParameter) ?? '';
  const read = name === '' ? registry.read() : registry.status(name as UnitName);
  const states = statesOf(await read).filter(stateFilter(query));
  return page('states', states, encodeUnitState, query, tokenLimit());
}

export async function getState({ registry }: ApiWorld, name: string): Promise<Response> {
  const [state] = statesOf(await registry.status(name as UnitName));
  if (state === undefined) throw new UnitStateMissing({ unit: name });
  return json(200, encodeUnitState(state));
}
