import { describe, expect, it } from 'vitest';
import type { Placement, UnitState } from '../cluster/types.ts';
import type { MachineId } from '../machine/types.ts';
import { type Unit, type UnitHash, unitFrom, unitName } from '../unit/index.ts';
import { statesOf, unitOf, unitsOf } from './views.ts';

const unit = (name: string, ...xFleet: readonly string[]): Unit =>
  unitFrom(
    unitName(name),
    xFleet.map((line) => ({ section: 'X-Fleet', name: line.split('=')[0] ?? '', value: line.split('=')[1] ?? '' })),
    'launched',
  );
const placed = (name: string, machine: string): Placement => ({
  unit: unitName(name),
  machine: machine as MachineId,
  hash: 'h' as UnitHash,
  target: 'launched',
});
const state = (name: string, machine: string, launched: boolean): UnitState => ({
  unit: unitName(name),
  machine: machine as MachineId,
  hash: 'h' as UnitHash,
  load: 'loaded',
  active: 'active',
  sub: 'running',
  launched,
});

const snapshot = {
  machines: [],
  units: [
    unit('z.service'),
    unit('everywhere.service', 'Global=true'),
    unit('placed.service'),
    unit('loaded.service'),
    unit('launched.service'),
    unit('moved.service'),
  ],
  placements: [
    placed('placed.service', 'm1'),
    placed('loaded.service', 'm1'),
    placed('launched.service', 'm2'),
    placed('moved.service', 'm2'),
  ],
  states: [
    state('launched.service', 'm2', true),
    state('loaded.service', 'm1', false),
    state('moved.service', 'm1', true),
    state('everywhere.service', 'm2', true),
    state('everywhere.service', 'm1', true),
  ],
};

describe('the units that the API shows', () => {
  it('are in name order, each as far as the machine it is placed on has come', () => {
    expect(unitsOf(snapshot).map(({ name, current, machine }) => [name, current, machine])).toEqual([
      ['everywhere.service', 'inactive', undefined],
      ['launched.service', 'launched', 'm2'],
      ['loaded.service', 'loaded', 'm1'],
      ['moved.service', 'inactive', 'm2'],
      ['placed.service', 'inactive', 'm1'],
      ['z.service', 'inactive', undefined],
    ]);
  });

  const alone = (name: string) => {
    const wanted = snapshot.units.find((entry) => entry.name === name);
    const machine = snapshot.placements.find((entry) => entry.unit === name)?.machine;
    return (
      wanted &&
      unitOf(
        wanted,
        machine,
        snapshot.states.filter((entry) => entry.unit === name),
      )
    );
  };

  it.each(['launched.service', 'loaded.service', 'moved.service', 'placed.service', 'z.service'])(
    'show %s alone as in the list',
    (name) => {
      expect(alone(name)).toEqual(unitsOf(snapshot).find((entry) => entry.name === name));
    },
  );

  it('show a global unit alone without a current state', () => {
    expect(alone('everywhere.service')).toMatchObject({ current: undefined, desired: 'launched' });
  });
});

it('the states that the API shows are ordered by unit and then by machine', () => {
  expect(statesOf(snapshot).map(({ unit: name, machine }) => `${name} ${machine}`)).toEqual([
    'everywhere.service m1',
    'everywhere.service m2',
    'launched.service m2',
    'loaded.service m1',
    'moved.service m1',
  ]);
});
