/** The units: what is wanted, and how far it has come. */
import { decideBatch, encodeOutcome, parseBatch } from '../../../core/api/batch.ts';
import { encodeUnit } from '../../../core/api/entities.ts';
import { decidePut, type PutDecision, parsePut } from '../../../core/api/put-unit.ts';
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
  const put = parsePut({ contentTypes: contentTypesOf(request), name, body: await request.text() });
  const decision = decidePut(put, await registry.unit(put.name));
  await carryOut(registry, decision);
  return empty(decision.kind === 'store' ? 201 : 204);
}

/** Many PUTs in one request. @see core/api/batch.ts */
export async function putUnits({ registry }: ApiWorld, request: Request): Promise<Response> {
  const sent = parseBatch(contentTypesOf(request), await request.text());
  const names = [...new Set(sent.map((one) => asStored(one.name)))];
  const found = await Promise.all(names.map((name) => registry.unit(name)));
  const existing = new Map(found.flatMap((unit) => (unit === undefined ? [] : [[unit.name, unit] as const])));
  const { decisions, ...outcome } = decideBatch(sent, existing);
  await Promise.all(decisions.map((decision) => carryOut(registry, decision)));
  return json(200, encodeOutcome(outcome));
}

async function carryOut(registry: ApiWorld['registry'], decision: PutDecision): Promise<void> {
  const { name, target } = decision;
  if (decision.kind === 'store') return registry.putUnit(name, decision.file, target);
  // Destroyed between our look and our write: it does not exist, and nothing was sent that could create it.
  if (!(await registry.setTarget(name, target))) throw new UnitMissing({ unit: name });
}

function contentTypesOf(request: Request): readonly string[] {
  const contentType = request.headers.get('content-type');
  return contentType === null ? [] : contentType.split(',');
}

export async function deleteUnit({ registry }: ApiWorld, name: string): Promise<Response> {
  if (!(await registry.removeUnit(asStored(name)))) throw new UnitMissing({ unit: name });
  return empty(204);
}

/** Looking up and removing take any name: one that breaks the rules is simply not there. */
const asStored = (name: string): UnitName => name as UnitName;
