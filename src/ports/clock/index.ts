/** Time, as an argument. */
import type { Millis } from '../../core/base/time.ts';

export interface Clock {
  /** Monotonic; only differences mean something. */
  now(): Millis;
  /** The wall clock, for people and for protocols that need a date. */
  date(): Date;
  /** Resolves after `duration`, or at once when `stop` aborts; never rejects. */
  sleep(duration: Millis, stop?: AbortSignal): Promise<void>;
}
