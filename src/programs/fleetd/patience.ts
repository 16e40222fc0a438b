/** How long to wait before something that failed is tried again: longer every time, up to a limit. */
import type { Millis } from '../../core/base/time.ts';

export const backOff = (failures: number, first: Millis, most: Millis): Millis =>
  Math.min(most, first * 2 ** Math.min(30, Math.max(0, failures - 1))) as Millis;
