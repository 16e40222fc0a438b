/** The machine's own clocks: a monotonic one for durations, the wall clock for people. */
import { type Millis, ms } from '../../core/base/time.ts';
import type { Clock } from './index.ts';

/** The longest delay that `setTimeout` keeps; a longer one would fire at once. */
const longestTimer = 2 ** 31 - 1;

export const systemClock = (): Clock => ({ now, date: () => new Date(), sleep });

const now = (): Millis => ms(performance.now());

function sleep(duration: Millis, stop?: AbortSignal): Promise<void> {
  if (stop?.aborted || duration <= 0) return Promise.resolve();
  const until = now() + duration;
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout;
    const wake = () => {
      clearTimeout(timer);
      stop?.removeEventListener('abort', wake);
      resolve();
    };
    // Timers may fire a fraction early by this clock, and cannot hold more than some 24 days.
    const arm = () => {
      const left = until - now();
      if (left <= 0) wake();
      else timer = setTimeout(arm, Math.min(Math.ceil(left), longestTimer));
    };
    stop?.addEventListener('abort', wake, { once: true });
    arm();
  });
}
