/** Our transactions and keys as etcd's messages, and back. */
import type { KeyValue, Operation, OperationResult, Transaction, TransactionResult } from './index.ts';
import type { ICompare, IKeyValue, IRequestOp, ITxnRequest, ITxnResponse } from './member.ts';

interface Bounds {
  readonly key: Buffer;
  readonly range_end?: Buffer;
}

/** One key, or, for a range with a slash at its end, all that start with it: `0` follows `/`. */
export const bounds = (range: string): Bounds =>
  range.endsWith('/')
    ? { key: Buffer.from(range), range_end: Buffer.from(`${range.slice(0, -1)}0`) }
    : { key: Buffer.from(range) };

export const printTransaction = ({ when = [], ops, otherwise = [] }: Transaction): ITxnRequest => ({
  compare: when.map(printCondition),
  success: ops.map(printOperation),
  failure: otherwise.map(printOperation),
});

function printCondition(condition: NonNullable<Transaction['when']>[number]): ICompare {
  const key = Buffer.from(condition.key);
  if ('exists' in condition) {
    return { key, target: 'Create', result: condition.exists ? 'Greater' : 'Equal', create_revision: 0 };
  }
  if ('value' in condition) return { key, target: 'Value', result: 'Equal', value: Buffer.from(condition.value) };
  if ('created' in condition) return { key, target: 'Create', result: 'Equal', create_revision: condition.created };
  if ('modified' in condition) return { key, target: 'Mod', result: 'Equal', mod_revision: condition.modified };
  return { key, target: 'Lease', result: 'Equal', lease: condition.lease };
}

function printOperation(op: Operation): IRequestOp {
  if ('get' in op) return { request_range: { ...bounds(op.get), keys_only: op.keysOnly ?? false } };
  if ('remove' in op) return { request_delete_range: bounds(op.remove) };
  if ('nested' in op) return { request_txn: printTransaction(op.nested) };
  return { request_put: { key: Buffer.from(op.put), value: Buffer.from(op.value), lease: op.lease ?? 0 } };
}

export function parseResult(response: ITxnResponse, revision = Number(response.header.revision)): TransactionResult {
  const results = response.responses.map((one): OperationResult => {
    const found = one.response_range?.kvs.map(parseKeyValue) ?? [];
    const removed = Number(one.response_delete_range?.deleted ?? 0);
    const nested = one.response_txn ? { nested: parseResult(one.response_txn, revision) } : {};
    return { found, removed, ...nested };
  });
  return { held: response.succeeded, revision, results };
}

export const parseKeyValue = ({ key, value, create_revision, mod_revision, lease }: IKeyValue): KeyValue => ({
  key: key.toString(),
  value: value.toString(),
  created: Number(create_revision),
  modified: Number(mod_revision),
  lease: lease === '0' ? undefined : lease,
});
