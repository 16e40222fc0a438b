import { describe, expect, it } from 'vitest';
import type { MachineId } from '../machine/types.ts';
import type { UnitHash, UnitName } from '../unit/types.ts';
import {
  type ApiMachine,
  type ApiUnit,
  type ApiUnitState,
  decodeMachine,
  decodeUnit,
  decodeUnitState,
  encodeMachine,
  encodeUnit,
  encodeUnitState,
} from './entities.ts';

const unit: ApiUnit = {
  name: 'web@1.service' as UnitName,
  options: [
    { section: 'Unit', name: 'Description', value: 'a web' },
    { section: 'Service', name: 'ExecStart', value: '' },
  ],
  desired: 'launched',
  current: 'loaded',
  machine: 'XXX' as MachineId,
};
const machine: ApiMachine = { id: 'YYY' as MachineId, publicIp: '1.2.3.4', metadata: { ping: 'pong', a: 'b' } };
const state: ApiUnitState = {
  unit: 'web@1.service' as UnitName,
  machine: 'XXX' as MachineId,
  hash: 'abc' as UnitHash,
  load: 'loaded',
  active: 'active',
  sub: 'running',
};

describe('entities of the API', () => {
  it('are written with sorted keys', () => {
    expect(JSON.stringify(encodeMachine(machine))).toBe(
      '{"id":"YYY","metadata":{"a":"b","ping":"pong"},"primaryIP":"1.2.3.4"}',
    );
    expect(JSON.stringify(encodeUnit(unit))).toBe(
      '{"currentState":"loaded","desiredState":"launched","machineID":"XXX","name":"web@1.service","options":[' +
        '{"name":"Description","section":"Unit","value":"a web"},{"name":"ExecStart","section":"Service"}]}',
    );
    expect(JSON.stringify(encodeUnitState(state))).toBe(
      '{"hash":"abc","machineID":"XXX","name":"web@1.service","systemdActiveState":"active",' +
        '"systemdLoadState":"loaded","systemdSubState":"running"}',
    );
  });

  it('leave out what is empty', () => {
    expect(encodeMachine({ id: 'XXX' as MachineId, publicIp: '', metadata: {} })).toEqual({ id: 'XXX' });
    const { currentState, machineID, ...rest } = encodeUnit({ ...unit, current: undefined, machine: undefined });
    expect({ currentState, machineID }).toEqual({});
    expect(rest).toMatchObject({ name: 'web@1.service' });
  });

  it('come back as they were', () => {
    const wire = (json: object) => JSON.parse(JSON.stringify(json));
    expect(decodeUnit(wire(encodeUnit(unit)))).toEqual(unit);
    const unplaced = { ...unit, current: undefined, machine: undefined };
    expect(decodeUnit(wire(encodeUnit(unplaced)))).toEqual(unplaced);
    expect(decodeMachine(wire(encodeMachine(machine)))).toEqual(machine);
    expect(decodeUnitState(wire(encodeUnitState(state)))).toEqual(state);
  });

  it('are read with field names in any case', () => {
    expect(decodeUnit({ NAME: 'a.service', DesiredState: 'loaded', Options: null })).toMatchObject({
      name: 'a.service',
      desired: 'loaded',
      options: [],
    });
  });

  it('are refused when a field has another type', () => {
    expect(() => decodeUnit({ name: 1 })).toThrow('field "name" must be a string');
    expect(() => decodeUnit([])).toThrow('a unit must be a JSON object');
    expect(() => decodeUnit({ options: {} })).toThrow('field "options" must be an array');
  });
});
