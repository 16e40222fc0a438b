/**
 * Many PUTs of units in one request, an extension of fleet's API: `POST /fleet/v1/batch` with `{"units":[Unit…]}`. They
 * are judged in order as single PUTs would be, up to the first that is refused; those before it are carried out. A client
 * that gets 404 talks to fleet's own daemon and must send one after the other.
 */
import { BatchTooLarge, BodyUndecodable } from '../errors/api.ts';
import { OperatingError } from '../errors/define.ts';
import { type Unit, type UnitName, unitFrom, unitName } from '../unit/index.ts';
import { type ApiUnit, encodeOptions } from './entities.ts';
import { encodeFailure, type Failure, failureOf } from './failures.ts';
import { field, listField, parseJson, requireObject } from './json.ts';
import { batchUnits } from './limits.ts';
import { decidePut, decodeSentUnit, type PutDecision, requireJson, type SentUnit } from './put-unit.ts';

/** What a client asks of one unit: another file, which makes it inactive, or another target state. */
export type UnitRequest = Pick<ApiUnit, 'name' | 'options'> | Pick<ApiUnit, 'name' | 'desired'>;

/** How many a client should send at once: a few transactions' worth. */
export const batchSize = 100;

export interface BatchOutcome {
  /** How many were carried out. */
  readonly done: number;
  /** What stands against the next one; absent when all were carried out. */
  readonly refusal?: Failure | undefined;
}

export interface BatchDecision extends BatchOutcome {
  /** What is to be done; no unit twice. */
  readonly decisions: readonly PutDecision[];
}

export const encodeBatch = (requests: readonly UnitRequest[]): object => ({
  units: requests.map((request) =>
    'options' in request
      ? { name: request.name, options: encodeOptions(request.options) }
      : { name: request.name, desiredState: request.desired },
  ),
});

/** @throws {BodyUndecodable} {BatchTooLarge} {ContentTypeCount} {ContentTypeRefused} */
export function parseBatch(contentTypes: readonly string[], body: string): readonly SentUnit[] {
  requireJson(contentTypes);
  try {
    const units = listField(requireObject(parseJson(body), 'a batch'), 'units');
    if (units.length <= batchUnits) return units.map(decodeSentUnit);
    throw new BatchTooLarge({ count: units.length, most: batchUnits });
  } catch (cause) {
    if (cause instanceof OperatingError) throw cause;
    throw new BodyUndecodable({ why: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}

/** @param existing the units there are among those that are named */
export function decideBatch(sent: readonly SentUnit[], existing: ReadonlyMap<UnitName, Unit>): BatchDecision {
  const units = new Map(existing);
  const decisions = new Map<UnitName, PutDecision>();
  for (const [done, one] of sent.entries()) {
    try {
      const name = unitName(one.name);
      const decision = decidePut({ name, options: one.options, desired: one.desired }, units.get(name));
      const before = decisions.get(name);
      const file = decision.kind === 'store' ? decision.file : before?.kind === 'store' ? before.file : undefined;
      decisions.set(name, file === undefined ? decision : { kind: 'store', name, file, target: decision.target });
      units.set(name, unitFrom(name, file ?? (units.get(name) as Unit).file, decision.target));
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      return { done, refusal: failureOf(cause), decisions: [...decisions.values()] };
    }
  }
  return { done: sent.length, decisions: [...decisions.values()] };
}

export const encodeOutcome = ({ done, refusal }: BatchOutcome): object => ({
  done,
  ...(refusal && encodeFailure(refusal)),
});

/** @throws {TypeError} */
export function decodeOutcome(json: unknown): BatchOutcome {
  const done = field(requireObject(json, 'the outcome of a batch'), 'done');
  if (typeof done !== 'number') throw new TypeError('field "done" must be a number');
  const error = field(json, 'error');
  if (error === undefined) return { done };
  return { done, refusal: { status: Number(field(error, 'code')), message: String(field(error, 'message')) } };
}
