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

/** A PUT whose form is right. */
export interface UnitPut {
  readonly name: UnitName;
  /** Undefined when none were sent. */
  readonly options: UnitFile | undefined;
  /** As written, perhaps no state at all; undefined when none was sent. */
  readonly desired: string | undefined;
}

export type PutDecision =
  /** Create the unit, or replace its file and its target state. */
  | { readonly kind: 'store'; readonly name: UnitName; readonly file: UnitFile; readonly target: TargetState }
  | { readonly kind: 'retarget'; readonly name: UnitName; readonly target: TargetState };

/** Steps 1 to 4: the form of the request. @throws the refusal, an operating error with its status */
export function parsePut({ contentTypes, name, body }: PutRequest): UnitPut {
  const [contentType, ...more] = contentTypes;
  if (contentType === undefined || more.length > 0) throw new ContentTypeCount({ count: contentTypes.length });
  if (contentType.split(';')[0]?.trim() !== 'application/json') throw new ContentTypeRefused({});
  const sent = decodeBody(body);
  if (sent.name !== '' && sent.name !== name) throw new NamesDiffer({ url: name, body: sent.name });
  return {
    name: unitName(name),
    options: sent.options.length === 0 ? undefined : sent.options,
    desired: sent.desired === '' ? undefined : sent.desired,
  };
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

function decodeBody(body: string): { name: string; desired: string; options: UnitFile } {
  try {
    const unit = requireObject(JSON.parse(body), 'a unit');
    return {
      name: textField(unit, 'name'),
      desired: textField(unit, 'desiredState'),
      options: decodeOptions(listField(unit, 'options')),
    };
  } catch (cause) {
    throw new BodyUndecodable({ why: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
