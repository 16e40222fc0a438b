/** The units: what is wanted, and how far it has come. */
import { decideBatch, encodeOutcome, parseBatch } from '../../../core/api/batch.ts';
import { encodeUnit } from '../../../core/api/entities.ts';
import { decidePut, type PutDecision, parsePut, storedSize } from '../../../core/api/put-unit.ts';
import { unitOf, unitsOf } from '../../../core/api/views.ts';
import { UnitMissing } from '../../../core/errors/api.ts';
import { isUnitName, type UnitName } from '../../../core/unit/index.ts';
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
  const names = [...new Set(sent.map((one) => one.name))].filter(isUnitName);
  const found = await Promise.all(names.map((name) => registry.unit(name)));
  const existing = new Map(found.flatMap((unit) => (unit === undefined ? [] : [[unit.name, unit] as const])));
  const { decisions, ...outcome } = decideBatch(sent, existing);
  for (const group of inGroups(decisions)) await Promise.all(group.map((decision) => carryOut(registry, decision)));
  return json(200, encodeOutcome(outcome));
}

/** What is written at the same time may travel in one transaction, and etcd takes 1.5 MiB at once. */
const bytesAtOnce = 256 * 1024;

function inGroups(decisions: readonly PutDecision[]): readonly (readonly PutDecision[])[] {
  const groups: PutDecision[][] = [];
  let room = 0;
  for (const decision of decisions) {
    const size = decision.kind === 'store' ? storedSize(decision.file) : 0;
    const group = groups.at(-1);
    if (group !== undefined && size <= room) group.push(decision);
    else groups.push([decision]);
    room = (group !== undefined && size <= room ? room : bytesAtOnce) - size;
  }
  return groups;
}

async function carryOut(registry: ApiWorld['registry'], decision: PutDecision): Promise<void> {
  const { name, target } = decision;
  if (decision.kind === 'store') return registry.putUnit(name, decision.file, target);
  // Destroyed between our look and our write: it does not exist, and nothing was sent that could create it.
  if (!(await registry.setTarget(name, target))) throw new UnitMissing({ unit: name });
}

/** Several headers arrive as one with commas between them; a comma inside quotes belongs to a value. */
function contentTypesOf(request: Request): readonly string[] {
  const contentType = request.headers.get('content-type');
  return contentType === null ? [] : contentType.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/);
}

export async function deleteUnit({ registry }: ApiWorld, name: string): Promise<Response> {
  if (!(await registry.removeUnit(asStored(name)))) throw new UnitMissing({ unit: name });
  return empty(204);
}

/** A name that breaks the rules is simply not there, and the registry is not asked. @throws {UnitMissing} */
function asStored(name: string): UnitName {
  if (!isUnitName(name)) throw new UnitMissing({ unit: name });
  return name;
}
