/**
 * Where generated tests and simulations take their decisions from: every choice in turn for small worlds, a seeded
 * stream for large ones. The same generator serves both.
 */
import { invariant } from './invariant.ts';

export interface Choices {
  /** A whole number from 0 up to, not including, `bound`. */
  below(bound: number): number;
  /** One of the items, which must not be empty. */
  oneOf<T>(items: readonly T[]): T;
  /** True in `times` of `of` cases; exhaustively: both, once each. Whole numbers, so that replays are exact. */
  chance(times: number, of: number): boolean;
  /** Some of the items, in their order. */
  someOf<T>(items: readonly T[]): readonly T[];
}

const choicesFrom = (below: (bound: number) => number, chance: (times: number, of: number) => boolean): Choices => ({
  below(bound) {
    invariant(Number.isInteger(bound) && bound > 0, `cannot choose below ${bound}`);
    return below(bound);
  },
  oneOf<T>(items: readonly T[]): T {
    invariant(items.length > 0, 'cannot choose from nothing');
    return items[below(items.length)] as T;
  },
  chance,
  someOf: (items) => items.filter(() => below(2) === 1),
});

/** An endless stream of choices, the same for the same seed on every machine. */
export function seeded(seed: number): Choices {
  let state = seed >>> 0;
  // mulberry32: small, fast, and good enough to vary test worlds; nothing secret depends on it.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (bound: number): number => Math.floor((next() / 2 ** 32) * bound);
  return choicesFrom(below, (times, of) => below(of) < times);
}

/**
 * Runs `law` once for every possible sequence of choices, first choices varying slowest.
 *
 * @returns how many worlds there were, so that a test can say that it saw more than one
 */
export function everyChoice(law: (choices: Choices) => void): number {
  const taken: { value: number; bound: number }[] = [];
  for (let worlds = 1; ; worlds++) {
    let position = 0;
    const below = (bound: number): number => {
      const choice = taken[position] ?? { value: 0, bound };
      invariant(choice.bound === bound, 'a generator must choose alike after choosing alike');
      taken[position++] = choice;
      return choice.value;
    };
    law(choicesFrom(below, (times, of) => (times <= 0 ? false : times >= of ? true : below(2) === 1)));
    taken.length = position;
    while (taken.length > 0 && isLast(taken.at(-1))) taken.pop();
    const last = taken.at(-1);
    if (last === undefined) return worlds;
    last.value++;
  }
}

const isLast = (choice: { value: number; bound: number } | undefined): boolean =>
  choice !== undefined && choice.value + 1 === choice.bound;

/** The seeds 1 to `count`, for `it.each`. */
export const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
