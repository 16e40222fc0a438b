import { expect, it, vi } from 'vitest';
import { hours, ms, seconds } from '../../core/base/time.ts';
import { clockContract } from './contract.ts';
import { ManualClock } from './manual.ts';
import { systemClock } from './system.ts';

clockContract('the system clock', () => ({ clock: systemClock(), pass: async () => {} }));
clockContract('the manual clock', () => {
  const clock = new ManualClock();
  return { clock, pass: (duration) => clock.advance(duration) };
});

it('a sleep longer than a timer can hold does not end at once', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const stop = new AbortController();
  const sleep = systemClock().sleep(hours(24 * 60), stop.signal);
  expect(timers.mock.calls.at(-1)?.[1]).toBe(2 ** 31 - 1);
  timers.mockRestore();
  stop.abort();
  await sleep;
});

it('the manual clock lets one sleeper act before the next wakes, as time would', async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  const chain = async () => {
    await clock.sleep(seconds(1));
    seen.push(`first at ${clock.now()}`);
    await clock.sleep(seconds(1));
    seen.push(`then at ${clock.now()}`);
  };
  const late = async () => {
    await clock.sleep(seconds(3));
    seen.push(`late at ${clock.now()}`);
  };
  const both = Promise.all([chain(), late()]);
  await clock.advance(seconds(10));
  await both;
  expect(seen).toEqual(['first at 1000', 'then at 2000', 'late at 3000']);
  expect(clock.now()).toBe(10_000);
});

it('the manual clock knows who is due next, and forgets a sleeper that was woken by its signal', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const sleep = clock.sleep(ms(5), stop.signal);
  void clock.sleep(ms(9));
  expect(clock.nextDue()).toBe(5);
  stop.abort();
  await sleep;
  expect(clock.nextDue()).toBe(9);
});
