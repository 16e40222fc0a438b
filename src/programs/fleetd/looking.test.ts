import { expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { Bell } from './bell.ts';
import { followed, polled, type Source } from './looking.ts';

/** A number that others may raise, as a source; knows how many follow it. */
const aNumber = () => {
  const bells = new Set<Bell>();
  const number = { now: 0, followers: () => bells.size, raise: () => {} };
  number.raise = () => {
    number.now += 1;
    for (const bell of bells) bell.ring();
  };
  const source: Source<number> = async function* (stop) {
    const bell = new Bell();
    bells.add(bell);
    bell.ring();
    try {
      for await (const _ring of bell.rings(stop)) yield number.now;
    } finally {
      bells.delete(bell);
    }
  };
  return { number, source };
};

const collected = async (values: AsyncIterable<number>, seen: number[]) => {
  for await (const value of values) seen.push(value);
};

it('what is followed is told at every change, and again when nothing changed for long', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const { number, source } = aNumber();
  const seen: number[] = [];
  const over = collected(followed(source, seconds(60), clock, stop.signal), seen);
  await clock.advance(seconds(1));
  number.raise();
  await clock.advance(seconds(1));
  expect(seen).toEqual([0, 1]);
  await clock.advance(seconds(60));
  expect(seen).toEqual([0, 1, 1]);
  stop.abort();
  await over;
  expect(number.followers()).toBe(0);
});

it('what is looked at from time to time is told then, and nobody follows it in between', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const { number, source } = aNumber();
  const seen: number[] = [];
  const over = collected(polled(source, seconds(5), clock, stop.signal), seen);
  await clock.advance(seconds(1));
  number.raise();
  number.raise();
  await clock.advance(seconds(1));
  expect([seen, number.followers()]).toEqual([[0], 0]);
  await clock.advance(seconds(5));
  expect([seen, number.followers()]).toEqual([[0, 2], 0]);
  stop.abort();
  await over;
});

it('a source that fails ends its follower with the failure', async () => {
  const failing: Source<number> = async function* () {
    yield 1;
    throw new Error('a bug');
  };
  const stop = new AbortController();
  await expect(collected(followed(failing, seconds(60), new ManualClock(), stop.signal), [])).rejects.toThrow('a bug');
});
