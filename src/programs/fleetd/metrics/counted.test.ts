import { expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import { ManualClock } from '../../../ports/clock/manual.ts';
import { counted, type Outcome } from './counted.ts';

class Thing {
  readonly #clock: ManualClock;
  readonly name = 'thing';
  constructor(clock: ManualClock) {
    this.#clock = clock;
  }
  async work(value: number): Promise<number> {
    await this.#clock.advance(seconds(2));
    if (value < 0) throw new RangeError('negative');
    return value;
  }
  size(): number {
    return this.#clock.now();
  }
}

it('tells how long a call took and whether it failed, and is the same otherwise', async () => {
  const clock = new ManualClock();
  const seen: Outcome[] = [];
  const thing = counted(new Thing(clock), clock, { work: { ended: (outcome) => seen.push(outcome) } });
  expect(await thing.work(7)).toBe(7);
  await expect(thing.work(-1)).rejects.toThrow(RangeError);
  expect(seen).toEqual([
    { seconds: 2, failed: false },
    { seconds: 2, failed: true },
  ]);
  expect(thing.size()).toBe(clock.now());
  expect(thing.name).toBe('thing');
  expect(thing).toBeInstanceOf(Thing);
});

it('may hand on something else than what a call brought', async () => {
  const clock = new ManualClock();
  const thing = counted(new Thing(clock), clock, { work: { ended: () => {}, instead: (value) => value + 1 } });
  expect(await thing.work(7)).toBe(8);
});
