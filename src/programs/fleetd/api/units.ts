/** The units: what is wanted, and how far it has come. */
import { encodeUnit } from '../../../core/api/entities.ts';
import { decidePut, parsePut } from '../../../core/api/put-unit.ts';
import { unitOf, unitsOf } from '../../../core/api/views.ts';
import { UnitMissing } from '../../../core/errors/api.ts';
import type { UnitName } from '../../../core/unit/types.ts';
import type { ApiWorld } from './handler.ts';
import { empty, json, page, queryOf } from './responses.ts';

export async function listUnits({ registry, tokenLimit }: ApiWorld, request: Request): Promise<Response> {
  return page('units', unitsOf(await registry.read()), encodeUnit, queryOf(request), tokenLimit());
}

export async function getUnit({ registry }: ApiWorld, name: string): Promise<Response> {
  const { unit, machine, states } = await registry.status(asStored(name));
  if (unit === undefined) throw new UnitMissing({ unit: name });
  return json(200, encodeUnit(unitOf(unit, machine, states)));
}

export async function putUnit({ registry }: ApiWorld, name: string, request: Request): Promise<Response> {
  const contentType = request.headers.get('content-type');
  const contentTypes = contentType === null ? [] : contentType.split(',');
  const put = parsePut({ contentTypes, name, body: await request.text() });
  const decision = decidePut(put, await registry.unit(put.name));
  if (decision.kind === 'store') {
    await registry.putUnit(decision.name, decision.file, decision.target);
    return empty(201);
  }
  // Destroyed between our look and our write: it does not exist, and nothing was sent that could create it.
  if (!(await registry.setTarget(decision.name, decision.target))) throw new UnitMissing({ unit: name });
  return empty(204);
}

export async function deleteUnit({ registry }: ApiWorld, name: string): Promise<Response> {
  if (!(await registry.removeUnit(asStored(name)))) throw new UnitMissing({ unit: name });
  return empty(204);
}

/** Looking up and removing take any name: one that breaks the rules is simply not there. */
const asStored = (name: string): UnitName => name as UnitName;
