import { expect, it } from 'vitest';
import type { MachineId } from '../machine/types.ts';
import { unitName } from '../unit/index.ts';
import { stateFilter } from './state-filter.ts';

const states = ['a m1', 'a m2', 'b m1'].map((text) => {
  const [name, machine] = text.split(' ');
  return { unit: unitName(`${name}.service`), machine: machine as MachineId };
});

it.each([
  ['everything without a query', '', 3],
  ['one machine', 'machineID=m1', 2],
  ['one unit', 'unitName=a.service', 2],
  ['both at once', 'unitName=a.service&machineID=m1', 1],
  ['the first of several values', 'machineID=m2&machineID=m1', 1],
  ['everything for empty values', 'unitName=&machineID=', 3],
  ['nothing for a part of a name', 'unitName=a', 0],
])('states are filtered: %s', (_, query, count) => {
  expect(states.filter(stateFilter(new URLSearchParams(query)))).toHaveLength(count);
});
