import { expect, it } from 'vitest';
import { seeded, seeds } from '../base/choices.ts';
import { LoadOrder } from './load-order.ts';

it.each(seeds(100))('machines come by load, then by id, whatever happened to them (seed %i)', (seed) => {
  const choices = seeded(seed);
  const machines = Array.from({ length: 8 }, (_, index) => ({ id: `m${index}` }));
  const loads = new Map(machines.slice(0, 4).map((machine) => [machine, choices.below(3)]));
  const order = new LoadOrder(loads.keys(), (machine) => loads.get(machine) ?? 0);
  for (let step = 0; step < 40; step++) {
    const machine = choices.oneOf(machines);
    const load = loads.get(machine);
    if (load === undefined) {
      // Strangers are ignored, until they are taken in.
      order.remove(machine, 0);
      order.moved(machine, 0, 1);
      loads.set(machine, choices.below(3));
      order.add(machine, loads.get(machine) ?? 0);
    } else if (choices.chance(1, 4)) {
      order.remove(machine, load);
      loads.delete(machine);
    } else {
      const next = Math.max(0, load + choices.oneOf([-1, 1]));
      order.moved(machine, load, next);
      loads.set(machine, next);
    }
    const sorted = [...loads].sort(([a, one], [b, other]) => one - other || (a.id < b.id ? -1 : 1));
    expect([...order].map(({ id }) => id)).toEqual(sorted.map(([{ id }]) => id));
  }
});
