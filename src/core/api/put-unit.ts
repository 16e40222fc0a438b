/** What a PUT of a unit leads to, given the unit that is there, if any. @see fleet.md 6.4 */
import {
  BodyUndecodable,
  ContentTypeCount,
  ContentTypeRefused,
  DesiredStateMissing,
  NamesDiffer,
  NewUnitWithoutOptions,
  TemplateNotActivatable,
} from '../errors/api.ts';
import {
  checkOptions,
  hashOf,
  isTemplate,
  normalise,
  type TargetState,
  targetState,
  type Unit,
  type UnitFile,
  type UnitName,
  unitName,
} from '../unit/index.ts';
import { decodeOptions } from './entities.ts';
import { listField, requireObject, textField } from './json.ts';

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
    return { kind: 'store', name, file: checkOptions(file), target: targetOf(name, desired ?? 'inactive') };
  }
  if (desired === undefined) throw new DesiredStateMissing({ unit: name });
  return { kind: 'retarget', name, target: targetOf(name, desired) };
}

function targetOf(name: UnitName, desired: string): TargetState {
  const target = targetState(desired);
  if (target !== 'inactive' && isTemplate(name)) throw new TemplateNotActivatable({ unit: name });
  return target;
}

/** @throws {TypeError} */
export function decodeSentUnit(json: unknown): SentUnit {
  const unit = requireObject(json, 'a unit');
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
    return decodeSentUnit(JSON.parse(body));
  } catch (cause) {
    throw new BodyUndecodable({ why: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
