/** What every clock promises. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type Millis, ms } from '../../core/base/time.ts';
import type { Clock } from './index.ts';

export interface ClockUnderTest {
  readonly clock: Clock;
  /** Makes `duration` pass on a clock that does not move by itself. */
  readonly pass: (duration: Millis) => Promise<void>;
}

export function clockContract(name: string, make: () => ClockUnderTest): void {
  describe(`${name} keeps the promise of a clock`, () => {
    it('sleeps no shorter than asked', async () => {
      const { clock, pass } = make();
      const started = clock.now();
      const sleep = clock.sleep(ms(20));
      await pass(ms(20));
      await sleep;
      expect(clock.now() - started).toBeGreaterThanOrEqual(20);
    });

    it('wakes sleepers in the order in which they are due', async () => {
      const { clock, pass } = make();
      const woken: string[] = [];
      const sleeps = [
        clock.sleep(ms(60)).then(() => woken.push('late')),
        clock.sleep(ms(5)).then(() => woken.push('early')),
      ];
      await pass(ms(60));
      await Promise.all(sleeps);
      expect(woken).toEqual(['early', 'late']);
    });

    it('wakes at once when the signal aborts, without rejecting', async () => {
      const { clock } = make();
      const stop = new AbortController();
      const started = clock.now();
      const sleep = clock.sleep(ms(3_600_000), stop.signal);
      stop.abort();
      await sleep;
      expect(clock.now() - started).toBeLessThan(3_600_000);
    });

    it('does not sleep when the signal has aborted already, or when there is no time to pass', async () => {
      const { clock } = make();
      await clock.sleep(ms(3_600_000), AbortSignal.abort());
      await clock.sleep(ms(0));
    });

    it('leaves no listener on the signal, however it wakes', async () => {
      const { clock, pass } = make();
      const stop = new AbortController();
      const sleep = clock.sleep(ms(5), stop.signal);
      expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1);
      await pass(ms(5));
      await sleep;
      expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0);
    });

    it('tells the date as the wall clock does', async () => {
      const { clock, pass } = make();
      const [now, date] = [clock.now(), clock.date().getTime()];
      const sleep = clock.sleep(ms(30));
      await pass(ms(30));
      await sleep;
      expect(Math.abs(clock.date().getTime() - date - (clock.now() - now))).toBeLessThan(1_000);
    });
  });
}
