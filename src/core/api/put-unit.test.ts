import { describe, expect, it } from 'vitest';
import { type TargetState, type UnitFile, unitFrom, unitName } from '../unit/index.ts';
import { decidePut, parsePut } from './put-unit.ts';

const options: UnitFile = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep 100' }];
const others: UnitFile = [{ section: 'Service', name: 'ExecStart', value: '/bin/sleep 200' }];
const json = ['application/json'];

const put = (name: string, body: unknown, contentTypes: readonly string[] = json) =>
  parsePut({ contentTypes, name, body: typeof body === 'string' ? body : JSON.stringify(body) });
const existing = (name: string, file: UnitFile, target: TargetState = 'inactive') =>
  unitFrom(unitName(name), file, target);

describe('a PUT of a unit', () => {
  it.each([
    ['no content type', [], 'expected 1 Content-Type, got 0', 415],
    ['two content types', ['application/json', 'text/plain'], 'expected 1 Content-Type, got 2', 415],
    ['another content type', ['text/plain'], 'only acceptable Content-Type is application/json', 415],
  ])('with %s is refused', (_, contentTypes, message, status) => {
    const attempt = () => put('a.service', {}, contentTypes);
    expect(attempt).toThrow(expect.objectContaining({ message, status }));
  });

  it('takes a content type with parameters', () => {
    expect(put('a.service', { options }, ['application/json; charset=utf-8']).options).toEqual(options);
  });

  it.each([
    ['no JSON', '{', 'unable to decode body: '],
    ['nothing', '', 'unable to decode body: EOF'],
    ['an option that is no object', { options: [null] }, 'unable to decode body: a unit option must be a JSON object'],
    ['a list', [], 'unable to decode body: '],
    ['a name that is no text', { name: 7 }, 'unable to decode body: field "name" must be a string'],
    [
      'another name',
      { name: 'b.service' },
      'name in URL "a.service" differs from unit name in request body "b.service"',
    ],
    [
      'a name with a line break',
      { name: 'b\n.service' },
      'name in URL "a.service" differs from unit name in request body "b\\n.service"',
    ],
  ])('with a body that is %s is refused', (_, body, message) => {
    expect(() => put('a.service', body)).toThrow(expect.objectContaining({ status: 400 }));
    expect(() => put('a.service', body)).toThrow(message);
  });

  it('with an invalid name is refused', () => {
    expect(() => put('a.bar', { options })).toThrow('invalid unit type: "bar"');
  });

  it('creates a unit, inactive unless told otherwise', () => {
    expect(decidePut(put('a.service', { options }), undefined)).toEqual({
      kind: 'store',
      name: 'a.service',
      file: options,
      target: 'inactive',
    });
    expect(decidePut(put('a.service', { options, desiredState: 'launched' }), undefined)).toMatchObject({
      target: 'launched',
    });
  });

  it('reads field names in any case', () => {
    const decision = decidePut(put('a.service', { Options: options, DESIREDSTATE: 'loaded' }), undefined);
    expect(decision).toMatchObject({ kind: 'store', target: 'loaded' });
  });

  it('of a unit that does not exist needs options', () => {
    expect(() => decidePut(put('a.service', { desiredState: 'launched' }), undefined)).toThrow(
      expect.objectContaining({ status: 409, message: 'unit does not exist and options field empty' }),
    );
  });

  it('takes nothing at all for an empty unit', () => {
    expect(put('a.service', 'null')).toEqual({ name: 'a.service', options: undefined, desired: undefined });
  });

  it('refuses a file that etcd would not take', () => {
    const file = (lines: number): UnitFile =>
      Array.from({ length: lines }, () => ({ section: 'Service', name: 'ExecStart', value: 'x'.repeat(1_013) }));
    expect(decidePut({ name: unitName('a.service'), options: file(1_023), desired: undefined }, undefined).kind).toBe(
      'store',
    );
    expect(() =>
      decidePut({ name: unitName('a.service'), options: file(1_024), desired: undefined }, undefined),
    ).toThrow(
      expect.objectContaining({
        status: 413,
        message: 'unit file of 1048586 bytes exceeds the maximum of 1048576 bytes',
      }),
    );
  });

  it.each([
    ['a section that opens another', { section: 'A]\n[X-Fleet', name: 'Global', value: 'true' }],
    ['a value of several lines', { section: 'A', name: 'B', value: 'c\n[X-Fleet]\nGlobal=true' }],
  ])('judges what will be read back, not what was sent: %s', (_, option) => {
    const machine = { section: 'X-Fleet', name: 'MachineID', value: 'abc' };
    expect(() => decidePut(put('a.service', { options: [option, machine] }), undefined)).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  });

  it('replaces other options and resets the target state', () => {
    const decision = decidePut(put('a.service', { options: others }), existing('a.service', options, 'launched'));
    expect(decision).toEqual({ kind: 'store', name: 'a.service', file: others, target: 'inactive' });
  });

  it('with the same options sets the target state only', () => {
    const decision = decidePut(put('a.service', { options, desiredState: 'loaded' }), existing('a.service', options));
    expect(decision).toEqual({ kind: 'retarget', name: 'a.service', target: 'loaded' });
  });

  it('compares options as they are stored', () => {
    const spaced = options.map((option) => ({ ...option, value: `  ${option.value} ` }));
    const decision = decidePut(
      put('a.service', { options: spaced, desiredState: 'loaded' }),
      existing('a.service', options),
    );
    expect(decision.kind).toBe('retarget');
  });

  it('of an existing unit needs a target state when the options are absent or the same', () => {
    for (const body of [{}, { options }]) {
      expect(() => decidePut(put('a.service', body), existing('a.service', options))).toThrow(
        expect.objectContaining({ status: 409, message: 'must provide DesiredState to update existing unit' }),
      );
    }
  });

  it.each([
    ['created', undefined],
    ['existing', existing('a.service', options)],
  ])('refuses an unknown target state for a unit that is %s', (_, unit) => {
    expect(() => decidePut(put('a.service', { options, desiredState: 'running' }), unit)).toThrow(
      expect.objectContaining({ status: 400, message: 'invalid value "running" for JobState' }),
    );
  });

  it.each([
    ['created', undefined],
    ['existing', existing('a@.service', options)],
  ])('refuses to activate a template that is %s', (_, unit) => {
    expect(() => decidePut(put('a@.service', { options, desiredState: 'loaded' }), unit)).toThrow(
      expect.objectContaining({ status: 400, message: 'cannot activate template "a@.service"' }),
    );
    expect(decidePut(put('a@.service', { options, desiredState: 'inactive' }), unit)).toMatchObject({
      target: 'inactive',
    });
  });

  it.each([
    ['created', undefined],
    ['replaced', existing('a.service', options)],
  ])('checks the options of a unit that is %s', (_, unit) => {
    const contradictory: UnitFile = [
      { section: 'X-Fleet', name: 'MachineID', value: 'abc' },
      { section: 'X-Fleet', name: 'Global', value: 'true' },
    ];
    expect(() => decidePut(put('a.service', { options: contradictory }), unit)).toThrow(
      expect.objectContaining({ status: 400, message: 'MachineID cannot be used with Global' }),
    );
  });
});
