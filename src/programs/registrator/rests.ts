/** How long something that failed is left alone before it is tried again: longer each time, up to a limit. */
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import type { Clock } from '../../ports/clock/index.ts';

const least = ms(100);
const most = seconds(2);

interface Rest {
  readonly until: Millis;
  readonly pause: Millis;
}

export class Rests {
  readonly #clock: Clock;
  readonly #rests = new Map<string, Rest>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It failed, for the first time or again. */
  begin(key: string): void {
    const before = this.#rests.get(key)?.pause;
    const pause = before === undefined ? least : ms(Math.min(most, before * 2));
    this.#rests.set(key, { until: ms(this.#clock.now() + pause), pause });
  }

  /** It went well, or is not wanted any more, or has a new reason to be tried. */
  end(key: string): void {
    this.#rests.delete(key);
  }

  /** @returns undefined when it may be tried now */
  left(key: string): Millis | undefined {
    const rest = this.#rests.get(key);
    const left = rest === undefined ? 0 : rest.until - this.#clock.now();
    return left > 0 ? ms(left) : undefined;
  }

  /** Whether it has failed since it last went well. */
  isTired(key: string): boolean {
    return this.#rests.has(key);
  }

  keys(): readonly string[] {
    return [...this.#rests.keys()];
  }
}
