import { describe, expect, it } from 'vitest';
import { aCluster, aState, aUnit } from '../../testing/cluster.ts';
import { inListOrder, unitStatuses } from './status.ts';

const web = aUnit('web.service');
const placed = aCluster({ machines: ['m1', 'm2'], units: { 'web.service': { on: 'm1' } } });
const currentWith = (...states: Parameters<typeof aState>[2][]) =>
  unitStatuses({ ...placed, states: states.map((facts) => aState(web, facts?.machine ?? 'm1', facts)) })[0]?.current;

describe('the current state of a unit', () => {
  it('is inactive without a placement, whatever some machine says', () => {
    const { units } = aCluster({ units: { 'web.service': {} } });
    expect(unitStatuses({ units, placements: [], states: [aState(web, 'm1')] })).toMatchObject([
      { current: 'inactive', machine: undefined },
    ]);
  });

  it('is inactive until the machine it is placed on says something', () => {
    expect(currentWith()).toBe('inactive');
    expect(currentWith({ machine: aState(web, 'm2').machine })).toBe('inactive');
  });

  it('is launched when that machine has asked systemd to start it, whether or not it runs', () => {
    expect(currentWith({ launched: true, active: 'failed', sub: 'failed' })).toBe('launched');
  });

  it('is loaded when that machine has it and has not asked for its start', () => {
    expect(currentWith({ launched: false })).toBe('loaded');
  });

  it('is always inactive for a global unit, which has no machine of its own', () => {
    const cluster = aCluster({ units: { 'dns.service': { fleet: ['Global=true'], on: 'm1' } } });
    expect(unitStatuses({ ...cluster, states: [aState(aUnit('dns.service'), 'm1')] })).toMatchObject([
      { global: true, current: 'inactive', machine: undefined },
    ]);
  });
});

describe('lists', () => {
  it('have units by name', () => {
    const { units } = aCluster({ units: { 'b.service': {}, 'a@2.service': {}, 'a@10.service': {} } });
    const names = unitStatuses({ units, placements: [], states: [] }).map(({ unit }) => unit.name);
    expect(names).toEqual(['a@10.service', 'a@2.service', 'b.service']);
  });

  it('have states by unit and machine', () => {
    const states = [aState(web, 'm2'), aState(aUnit('b.service'), 'm3'), aState(web, 'm1')];
    expect(inListOrder(states).map(({ unit, machine }) => `${unit} ${machine}`)).toEqual([
      'b.service m3',
      'web.service m1',
      'web.service m2',
    ]);
  });
});
