/** A clock that stands still until a test or a simulation moves it. */
import { type Millis, ms } from '../../core/base/time.ts';
import type { Clock } from './index.ts';

interface Sleeper {
  readonly due: Millis;
  readonly wake: () => void;
}

export class ManualClock implements Clock {
  #now: Millis;
  readonly #origin: number;
  /** In order of their due time; equal ones in order of arrival. */
  readonly #sleepers: Sleeper[] = [];

  /** @param origin the wall clock's date when `now()` is zero */
  constructor(origin: Date = new Date('2026-01-01T00:00:00Z')) {
    this.#now = ms(0);
    this.#origin = origin.getTime();
  }

  now(): Millis {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#origin + this.#now);
  }

  sleep(duration: Millis, stop?: AbortSignal): Promise<void> {
    if (stop?.aborted || duration <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const abort = () => {
        this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1);
        resolve();
      };
      const wake = () => {
        stop?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper: Sleeper = { due: ms(this.#now + duration), wake };
      stop?.addEventListener('abort', abort, { once: true });
      this.#sleepers.splice(this.#placeFor(sleeper.due), 0, sleeper);
    });
  }

  /** When the next sleeper is due; undefined when nobody sleeps. */
  nextDue(): Millis | undefined {
    return this.#sleepers[0]?.due;
  }

  /** Moves time forward, waking sleepers one instant after the other, each with time to act before the next wakes. */
  advance(duration: Millis): Promise<void> {
    return this.advanceTo(ms(this.#now + duration));
  }

  /** As `advance`, to an instant of this clock; an instant in the past only lets those already awake act. */
  async advanceTo(instant: Millis): Promise<void> {
    await settled();
    for (;;) {
      const due = this.nextDue();
      if (due === undefined || due > instant) break;
      this.#now = due;
      while (this.nextDue() === due) this.#sleepers.shift()?.wake();
      await settled();
    }
    if (instant > this.#now) this.#now = instant;
  }

  #placeFor(due: Millis): number {
    let low = 0;
    let high = this.#sleepers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sleepers[middle] as Sleeper).due <= due) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Resolves when every promise that could go on without time or I/O has gone on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
