/** What a PATCH of the machines asks for, checked as a whole before anything of it is done. @see fleet.md 6.6 */
import { MetadataPatchRefused } from '../errors/api.ts';
import type { MachineId } from '../machine/types.ts';
import { field, parseJson, textField } from './json.ts';
import { metadataBytes, patchOperations } from './limits.ts';

/** One metadata value to set, or to hide when `value` is undefined. */
export interface MetadataChange {
  readonly machine: MachineId;
  readonly key: string;
  readonly value: string | undefined;
}

const pathForm = /^\/([^/]+)\/metadata\/([A-Za-z0-9_.-]+)$/;

/** @throws {MetadataPatchRefused} with the first problem; operations are checked in order */
export function parseMetadataPatch(body: string): readonly MetadataChange[] {
  const operations = decode(body) ?? [];
  if (!Array.isArray(operations)) throw refuse('json: cannot unmarshal the body into an array of operations');
  if (operations.length > patchOperations)
    throw refuse(`expected at most ${patchOperations} operations, got ${operations.length}`);
  return operations.map(change);
}

const refuse = (why: string) => new MetadataPatchRefused({ why });

function decode(body: string): unknown {
  try {
    return parseJson(body);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

function change(operation: unknown): MetadataChange {
  const op = text(operation, 'op');
  if (op !== 'add' && op !== 'remove' && op !== 'replace') throw refuse('invalid op: expect add, remove, or replace');
  const [, machine, key] = pathForm.exec(text(operation, 'path')) ?? [];
  if (machine === undefined || key === undefined) throw refuse('machine metadata path invalid');
  const value = op === 'remove' ? undefined : newValue(operation);
  if (value === '') throw refuse('invalid value: add and replace require a value');
  const size = new TextEncoder().encode(machine + key + (value ?? '')).byteLength;
  if (size > metadataBytes) throw refuse(`machine, key and value together exceed ${metadataBytes} bytes`);
  return { machine: machine as MachineId, key, value };
}

/** fleet reads `{"value": "text"}` and its documentation shows the plain text; both are understood. */
function newValue(operation: unknown): string {
  const value = field(operation, 'value');
  return typeof value === 'string' ? value : text(value, 'value');
}

function text(value: unknown, name: string): string {
  try {
    return textField(value, name);
  } catch (cause) {
    throw refuse(cause instanceof Error ? cause.message : String(cause));
  }
}
