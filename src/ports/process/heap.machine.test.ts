/** On the Node that our daemons run on: what a collection gives back differs between versions. */
import { expect, it } from 'vitest';
import { ownHeap } from './heap.ts';

it('gives back what nobody uses any more', () => {
  const heap = ownHeap();
  heap.collect();
  const before = heap.size();
  let garbage: unknown[] | undefined = Array.from({ length: 400_000 }, (_, n) => ({ n, text: `text ${n}` }));
  expect(garbage.length).toBe(400_000);
  const grown = heap.size();
  expect(grown).toBeGreaterThan(before + 20e6);
  garbage = undefined;
  heap.collect();
  expect(heap.size()).toBeLessThan(before + (grown - before) / 2);
});
