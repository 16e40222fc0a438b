import { expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { tidyUp } from './tidy.ts';

const megabyte = 2 ** 20;

it('collects once after the start, and then whenever much garbage has come together', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  let [used, garbage, collections] = [25 * megabyte, 20 * megabyte, 0];
  const heap = {
    size: () => used + garbage,
    collect: () => {
      garbage = 0;
      collections += 1;
    },
  };
  const over = tidyUp(clock, heap, stop.signal);
  const after = async (more: { used?: number; garbage?: number }) => {
    used += (more.used ?? 0) * megabyte;
    garbage += (more.garbage ?? 0) * megabyte;
    await clock.advance(seconds(10));
    return collections;
  };
  expect(await after({})).toBe(1);
  expect(await after({ garbage: 5 })).toBe(1);
  expect(await after({ garbage: 80 })).toBe(2);
  expect(await after({ used: 40 })).toBe(3);
  expect(await after({ garbage: 5 })).toBe(3);
  stop.abort();
  await over;
});
