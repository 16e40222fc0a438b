import { expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { tidyUp } from './tidy.ts';

const megabyte = 2 ** 20;

/** A heap of so many megabytes in use and so many of garbage. */
const aHeap = (used: number, garbage: number) => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const heap = {
    used,
    garbage,
    collections: 0,
    size: () => (heap.used + heap.garbage) * megabyte,
    collect: () => {
      heap.garbage = 0;
      heap.collections += 1;
    },
  };
  const over = tidyUp(clock, heap, stop.signal);
  return {
    heap,
    look: () => clock.advance(seconds(10)),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await over;
    },
  };
};

it('collects what a start leaves, and nothing more while nothing happens', async () => {
  await using world = aHeap(25, 20);
  for (let looks = 0; looks < 100; looks += 1) await world.look();
  expect(world.heap).toMatchObject({ collections: 2, garbage: 0 });
});

it('leaves a little garbage alone', async () => {
  await using world = aHeap(25, 0);
  for (let looks = 0; looks < 3; looks += 1) await world.look();
  const { collections } = world.heap;
  world.heap.garbage = 5;
  for (let looks = 0; looks < 10; looks += 1) await world.look();
  expect(world.heap).toMatchObject({ collections, garbage: 5 });
});

it('collects in a burst, and once more when it is over', async () => {
  await using world = aHeap(25, 0);
  for (let looks = 0; looks < 3; looks += 1) await world.look();
  Object.assign(world.heap, { used: 60, garbage: 40, collections: 0 });
  await world.look();
  expect(world.heap).toMatchObject({ collections: 1, garbage: 0 });
  Object.assign(world.heap, { used: 25, garbage: 35 });
  await world.look();
  await world.look();
  expect(world.heap).toMatchObject({ collections: 2, garbage: 0 });
});
