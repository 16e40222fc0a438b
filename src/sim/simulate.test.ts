import { describe, expect, it } from 'vitest';
import { seeds } from '../core/base/choices.ts';
import { minutes } from '../core/base/time.ts';
import { simulate } from './simulate.ts';

/** A failure is the seed and the end of its history. */
const kept = async (seed: number, policy: 'keep' | 'fence') => {
  const { violations, history } = await simulate(seed, policy);
  expect(violations, history.slice(-60).join('\n')).toEqual([]);
};

describe('a simulated cluster', () => {
  it('has the same history from the same seed, and another from another', async () => {
    const [one, again, other] = [
      await simulate(1, 'keep', minutes(2)),
      await simulate(1, 'keep', minutes(2)),
      await simulate(2, 'keep', minutes(2)),
    ];
    expect(one.history.length).toBeGreaterThan(50);
    expect(again.history).toEqual(one.history);
    expect(other.history).not.toEqual(one.history);
  });

  it.each(seeds(8))('keeps its promises while everything fails, and settles when it heals (seed %i)', (seed) =>
    kept(seed, 'keep'),
  );

  it.each(seeds(8))('runs no unit twice where machines that are cut off fence themselves (seed %i)', (seed) =>
    kept(seed, 'fence'),
  );
});
