/** The machines, and the metadata that is set on them at run time. */
import { encodeMachine, listOrder } from '../../../core/api/entities.ts';
import { parseMetadataPatch } from '../../../core/api/patch-machines.ts';
import { MetadataNotStored } from '../../../core/errors/api.ts';
import { OperatingError } from '../../../core/errors/define.ts';
import type { ApiWorld } from './handler.ts';
import { empty, page, queryOf } from './responses.ts';

export async function listMachines({ registry, tokenLimit }: ApiWorld, request: Request): Promise<Response> {
  const { machines } = await registry.read();
  return page('machines', machines.toSorted(listOrder.machines), encodeMachine, queryOf(request), tokenLimit());
}

export async function patchMachines({ registry }: ApiWorld, request: Request): Promise<Response> {
  const changes = parseMetadataPatch(await request.text());
  try {
    for (const { machine, key, value } of changes) await registry.setMetadata(machine, key, value);
  } catch (cause) {
    if (!(cause instanceof OperatingError)) throw cause;
    throw new MetadataNotStored({ why: cause.message }, { cause });
  }
  return empty(204, { 'content-type': 'application/json' });
}
