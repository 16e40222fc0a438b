import { describe, expect, it } from 'vitest';
import type { MachineId } from '../machine/types.ts';
import { hashOf, parseUnitFile, type TargetState, type UnitHash, unitName } from '../unit/index.ts';
import { differences, type Look } from './differences.ts';
import type { ApiMachine, ApiUnit, ApiUnitState } from './entities.ts';

const m1 = 'm1' as MachineId;
const file = parseUnitFile('[Service]\nExecStart=/bin/true\n');
const web = unitName('web.service');

const aMachine = (id: string, facts: Partial<ApiMachine> = {}): ApiMachine => ({
  id: id as MachineId,
  publicIp: '',
  metadata: {},
  ...facts,
});
const aUnit = (desired: TargetState, facts: Partial<ApiUnit> = {}): ApiUnit => ({
  name: web,
  options: file,
  desired,
  current: 'inactive',
  machine: undefined,
  ...facts,
});
const aState = (active: string, sub: string, machine = 'm1'): ApiUnitState => ({
  unit: web,
  machine: machine as MachineId,
  hash: 'h' as UnitHash,
  load: 'loaded',
  active,
  sub,
});
const aLook = (facts: Partial<Look>): Look => ({ machines: [], units: [], states: [], ...facts });

describe('what changed between two looks', () => {
  it('is nothing when they are the same', () => {
    const look = aLook({
      machines: [aMachine('m1')],
      units: [aUnit('launched')],
      states: [aState('active', 'running')],
    });
    expect(differences(look, structuredClone(look))).toEqual([]);
  });

  it('is everything when there was no look before', () => {
    const look = aLook({
      machines: [aMachine('m1', { publicIp: '10.0.0.1', metadata: { b: '2', a: '1' } })],
      units: [aUnit('launched', { current: 'launched', machine: m1 })],
      states: [aState('active', 'running')],
    });
    expect(differences(undefined, look)).toEqual([
      { what: 'new', subject: { kind: 'machine', machine: 'm1' }, facts: { ip: '10.0.0.1', metadata: 'a=1,b=2' } },
      {
        what: 'new',
        subject: { kind: 'unit', unit: web },
        facts: { hash: hashOf(file), dstate: 'launched', target: 'm1', state: 'launched' },
      },
      {
        what: 'new',
        subject: { kind: 'systemd', unit: web, machine: 'm1' },
        facts: { load: 'loaded', active: 'active/running', hash: 'h' },
      },
    ]);
  });

  it('is each fact that is another now, with what it was', () => {
    const before = aLook({
      machines: [aMachine('m1')],
      units: [aUnit('inactive')],
      states: [aState('activating', 'start')],
    });
    const now = aLook({
      machines: [aMachine('m1', { metadata: { disk: 'ssd' } })],
      units: [aUnit('launched', { current: 'loaded', machine: m1 })],
      states: [aState('active', 'running')],
    });
    expect(
      differences(before, now).map((one) => (one.what === 'changed' ? [one.field, one.from, one.to] : one)),
    ).toEqual([
      ['metadata', '', 'disk=ssd'],
      ['dstate', 'inactive', 'launched'],
      ['target', '', 'm1'],
      ['state', 'inactive', 'loaded'],
      ['active', 'activating/start', 'active/running'],
    ]);
  });

  it('tells what is gone before what came, with the facts it had last', () => {
    const before = aLook({ states: [aState('active', 'running', 'm2')] });
    const now = aLook({ states: [aState('active', 'running', 'm1')] });
    expect(differences(before, now).map(({ what, subject }) => [what, subject])).toEqual([
      ['gone', { kind: 'systemd', unit: web, machine: 'm2' }],
      ['new', { kind: 'systemd', unit: web, machine: 'm1' }],
    ]);
  });

  it('gives a global unit no state, and everywhere as its target', () => {
    const everywhere = [...file, { section: 'X-Fleet', name: 'Global', value: 'true' }];
    expect(differences(undefined, aLook({ units: [aUnit('launched', { options: everywhere })] }))).toMatchObject([
      { facts: { target: 'global', state: '' } },
    ]);
  });

  it('sees another file of the same name', () => {
    const other = parseUnitFile('[Service]\nExecStart=/bin/false\n');
    const now = aLook({ units: [aUnit('inactive', { options: other })] });
    expect(differences(aLook({ units: [aUnit('inactive')] }), now)).toMatchObject([
      { field: 'hash', from: hashOf(file), to: hashOf(other) },
    ]);
  });
});
