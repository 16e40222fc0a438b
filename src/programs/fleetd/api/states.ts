/** What the machines publish about their units. */
import { type ApiUnitState, encodeUnitState } from '../../../core/api/entities.ts';
import { stateFilter, unitParameter } from '../../../core/api/state-filter.ts';
import { statesOf } from '../../../core/api/views.ts';
import { UnitStateMissing } from '../../../core/errors/api.ts';
import { isUnitName } from '../../../core/unit/index.ts';
import type { ApiWorld } from './handler.ts';
import { json, page, queryOf } from './responses.ts';

export async function listStates({ registry, tokenLimit }: ApiWorld, request: Request): Promise<Response> {
  const query = queryOf(request);
  const name = query.get(unitParameter) ?? '';
  const found = name === '' ? statesOf(await registry.read()) : await statesOfUnit(registry, name);
  return page('states', found.filter(stateFilter(query)), encodeUnitState, query, tokenLimit());
}

export async function getState({ registry }: ApiWorld, name: string): Promise<Response> {
  const [state] = await statesOfUnit(registry, name);
  if (state === undefined) throw new UnitStateMissing({ unit: name });
  return json(200, encodeUnitState(state));
}

/** A name that breaks the rules has no states, and the registry is not asked. */
const statesOfUnit = async (registry: ApiWorld['registry'], name: string): Promise<readonly ApiUnitState[]> =>
  isUnitName(name) ? statesOf(await registry.status(name)) : [];
