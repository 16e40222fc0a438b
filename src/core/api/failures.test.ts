import { expect, it } from 'vitest';
import { MetadataNotStored, ServerNotReady, UnitMissing } from '../errors/api.ts';
import { RegistryUnreachable } from '../errors/registry.ts';
import { decodeFailure, encodeFailure, failureOf } from './failures.ts';

it.each([
  ['a refusal in its own words', new UnitMissing({ unit: 'a.service' }), 404, 'unit does not exist'],
  ['that it is not in the cluster', new ServerNotReady({}), 503, 'fleet server unable to communicate with etcd'],
  ['why metadata was not stored', new MetadataNotStored({ why: 'etcd is away' }), 500, 'etcd is away'],
  ['nothing about its own troubles', new RegistryUnreachable({ doing: 'reading' }), 500, ''],
  ['nothing about bugs', new TypeError('x is not a function'), 500, ''],
])('a client is told %s', (_, cause, status, message) => {
  const failure = failureOf(cause);
  expect(failure).toEqual({ status, message });
  expect(encodeFailure(failure)).toEqual({ error: { code: status, message } });
  expect(decodeFailure(encodeFailure(failure))).toBe(message);
});

it('a body of another kind is not taken for an error of fleet', () => {
  expect(decodeFailure({ message: 'no such page' })).toBeUndefined();
});
