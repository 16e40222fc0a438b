/** What the machines publish about their units. */
import { encodeUnitState } from '../../../core/api/entities.ts';
import { stateFilter } from '../../../core/api/state-filter.ts';
import { statesOf } from '../../../core/api/views.ts';
import { UnitStateMissing } from '../../../core/errors/api.ts';
import type { ApiWorld } from './handler.ts';
import { json, page, queryOf } from './responses.ts';

export async function listStates({ registry, tokenLimit }: ApiWorld, request: Request): Promise<Response> {
  const query = queryOf(request);
  const states = statesOf(await registry.read()).filter(stateFilter(query));
  return page('states', states, encodeUnitState, query, tokenLimit());
}

export async function getState({ registry }: ApiWorld, name: string): Promise<Response> {
  const state = statesOf(await registry.read()).find(({ unit }) => unit === name);
  if (state === undefined) throw new UnitStateMissing({ unit: name });
  return json(200, encodeUnitState(state));
}
