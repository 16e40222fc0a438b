import { describe, expect, it } from 'vitest';
import { type TargetState, type UnitFile, unitFrom, unitName } from '../unit/index.ts';
import { decideBatch, decodeOutcome, encodeBatch, encodeOutcome, parseBatch } from './batch.ts';

const sleep = (seconds: number): UnitFile => [
  { section: 'Service', name: 'ExecStart', value: `/bin/sleep ${seconds}` },
];
const names = { a: unitName('a.service'), b: unitName('b.service'), template: unitName('t@.service') };
const existing = (...units: readonly (readonly [keyof typeof names, UnitFile, TargetState])[]) =>
  new Map(units.map(([key, file, target]) => [names[key], unitFrom(names[key], file, target)]));
const sent = (...requests: Parameters<typeof encodeBatch>[0]) =>
  parseBatch(['application/json'], JSON.stringify(encodeBatch(requests)));

describe('a batch', () => {
  it('creates units and sets the target states of others', () => {
    const requests = sent({ name: names.a, options: sleep(1) }, { name: names.b, desired: 'launched' });
    expect(decideBatch(requests, existing(['b', sleep(2), 'inactive']))).toEqual({
      done: 2,
      decisions: [
        { kind: 'store', name: names.a, file: sleep(1), target: 'inactive' },
        { kind: 'retarget', name: names.b, target: 'launched' },
      ],
    });
  });

  it('judges what comes twice in the order that it has, and carries out the outcome', () => {
    const requests = sent({ name: names.a, options: sleep(1) }, { name: names.a, desired: 'loaded' });
    expect(decideBatch(requests, new Map())).toEqual({
      done: 2,
      decisions: [{ kind: 'store', name: names.a, file: sleep(1), target: 'loaded' }],
    });
  });

  it.each([
    [
      'a unit that is not there',
      { name: names.b, desired: 'loaded' },
      409,
      'unit does not exist and options field empty',
    ],
    [
      'an activated template',
      { name: names.template, desired: 'loaded' },
      400,
      'cannot activate template "t@.service"',
    ],
    ['an invalid name', { name: 'a.bar', options: sleep(1) }, 400, 'invalid unit type: "bar"'],
  ])('ends at %s, and says why; what is before it is done', (_what, request, status, message) => {
    const first = { name: names.a, options: sleep(1) };
    const requests = sent(first, request as Parameters<typeof sent>[0], { name: names.b, options: sleep(2) });
    const there = new Map([[names.template, unitFrom(names.template, sleep(3), 'inactive')]]);
    expect(decideBatch(requests, there)).toEqual({
      done: 1,
      refusal: { status, message },
      decisions: [{ kind: 'store', name: names.a, file: sleep(1), target: 'inactive' }],
    });
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['units that are no list', '{"units":{}}'],
    ['a unit that is no object', '{"units":[1]}'],
  ])('with a body that is %s is refused', (_what, body) => {
    expect(() => parseBatch(['application/json'], body)).toThrow('unable to decode body: ');
    expect(() => parseBatch(['text/plain'], '{}')).toThrow('only acceptable Content-Type is application/json');
  });

  it.each([{ done: 3 }, { done: 1, refusal: { status: 400, message: 'no' } }])(
    'has an outcome that survives the way',
    (outcome) => {
      expect(decodeOutcome(JSON.parse(JSON.stringify(encodeOutcome(outcome))))).toEqual(outcome);
    },
  );

  it('may hold 1000 units', () => {
    const body = (count: number) => JSON.stringify({ units: Array(count).fill({ name: 'a.service' }) });
    expect(parseBatch(['application/json'], body(1_000))).toHaveLength(1_000);
    expect(() => parseBatch(['application/json'], body(1_001))).toThrow(
      expect.objectContaining({ status: 413, message: 'expected at most 1000 units, got 1001' }),
    );
  });

  it('has an outcome that must say how many were done', () => {
    expect(() => decodeOutcome({})).toThrow('field "done" must be a number');
  });
});
