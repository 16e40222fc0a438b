/** What a PUT of a unit leads to, given the unit that is there, if any. @see fleet.md 6.4 */
import {
  BodyUndecodable,
  ContentTypeCount,
  ContentTypeRefused,
  DesiredStateMissing,
  NamesDiffer,
  NewUnitWithoutOptions,
  TemplateNotActivatable,
  UnitFileTooLarge,
} from '../errors/api.ts';
import {
  checkOptions,
  hashOf,
  isTemplate,
  normalise,
  printUnitFile,
  type TargetState,
  targetState,
  type Unit,
  type UnitFile,
  type UnitName,
  unitName,
} from '../unit/index.ts';
import { decodeOptions } from './entities.ts';
import { listField, parseJson, requireObject, textField } from './json.ts';
import { unitFileBytes } from './limits.ts';

export interface PutRequest {
  /** Every value of the Content-Type header. */
  readonly contentTypes: readonly string[];
  /** The name in the path, decoded. */
  readonly name: string;
  readonly body: string;
}

/** A unit as a client sends it. */
export interface SentUnit {
  /** Not yet checked; empty when none was sent. */
  readonly name: string;
  /** Undefined when none were sent. */
  readonly options: UnitFile | undefined;
  /** As written, perhaps no state at all; undefined when none was sent. */
  readonly desired: string | undefined;
}

/** A PUT whose form is right. */
export interface UnitPut extends SentUnit {
  readonly name: UnitName;
}

export type PutDecision =
  /** Create the unit, or replace its file and its target state. */
  | { readonly kind: 'store'; readonly name: UnitName; readonly file: UnitFile; readonly target: TargetState }
  | { readonly kind: 'retarget'; readonly name: UnitName; readonly target: TargetState };

/** Steps 1 to 4: the form of the request. @throws the refusal, an operating error with its status */
export function parsePut({ contentTypes, name, body }: PutRequest): UnitPut {
  requireJson(contentTypes);
  const { name: sentName, ...sent } = decodeBody(body);
  if (sentName !== '' && sentName !== name) throw new NamesDiffer({ url: name, body: sentName });
  return { ...sent, name: unitName(name) };
}

/** @param contentTypes every value of the Content-Type header @throws {ContentTypeCount} {ContentTypeRefused} */
export function requireJson(contentTypes: readonly string[]): void {
  const [contentType, ...more] = contentTypes;
  if (contentType === undefined || more.length > 0) throw new ContentTypeCount({ count: contentTypes.length });
  if (contentType.split(';')[0]?.trim() !== 'application/json') throw new ContentTypeRefused({});
}

/** Steps 5 to 7: what is to be done. @throws the refusal, an operating error with its status */
export function decidePut({ name, options, desired }: UnitPut, existing: Unit | undefined): PutDecision {
  if (options === undefined && existing === undefined) throw new NewUnitWithoutOptions({ unit: name });
  const file = options === undefined ? undefined : normalise(options);
  if (file !== undefined && (existing === undefined || hashOf(file) !== existing.hash)) {
    const stored = requireSize(name, checkOptions(file));
    return { kind: 'store', name, file: stored, target: targetOf(name, desired ?? 'inactive') };
  }
  if (desired === undefined) throw new DesiredStateMissing({ unit: name });
  return { kind: 'retarget', name, target: targetOf(name, desired) };
}

/** How many bytes of etcd a file takes. */
export const storedSize = (file: UnitFile): number => new TextEncoder().encode(printUnitFile(file)).byteLength;

function requireSize(unit: UnitName, file: UnitFile): UnitFile {
  const size = storedSize(file);
  if (size > unitFileBytes) throw new UnitFileTooLarge({ unit, size, most: unitFileBytes });
  return file;
}

function targetOf(name: UnitName, desired: string): TargetState {
  const target = targetState(desired);
  if (target !== 'inactive' && isTemplate(name)) throw new TemplateNotActivatable({ unit: name });
  return target;
}

/** Nothing at all is an empty unit, as fleet reads it. @throws {TypeError} */
export function decodeSentUnit(json: unknown): SentUnit {
  const unit = requireObject(json ?? {}, 'a unit');
  const options = decodeOptions(listField(unit, 'options'));
  const desired = textField(unit, 'desiredState');
  return {
    name: textField(unit, 'name'),
    desired: desired === '' ? undefined : desired,
    options: options.length === 0 ? undefined : options,
  };
}

function decodeBody(body: string): SentUnit {
  try {
    return decodeSentUnit(parseJson(body));
  } catch (cause) {
    throw new BodyUndecodable({ why: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
