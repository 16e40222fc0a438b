import { describe, expect, it } from 'vitest';
import { type Choices, everyChoice, seeded, seeds } from './choices.ts';

const threeDraws = (choices: Choices) => [choices.below(100), choices.below(100), choices.below(100)];

describe('seeded choices', () => {
  it('are the same for the same seed', () => {
    expect(threeDraws(seeded(7))).toEqual(threeDraws(seeded(7)));
  });

  it('differ between seeds', () => {
    expect(new Set(seeds(50).map((seed) => threeDraws(seeded(seed)).join())).size).toBeGreaterThan(45);
  });

  it('reach every value below the bound, and none beyond', () => {
    const choices = seeded(1);
    const drawn = new Set(Array.from({ length: 500 }, () => choices.below(6)));
    expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('refuse to choose from nothing', () => {
    expect(() => seeded(1).oneOf([])).toThrow('from nothing');
    expect(() => seeded(1).below(0)).toThrow('below 0');
  });
});

describe('every choice', () => {
  it('visits every world once, also when later choices depend on earlier ones', () => {
    const seen: string[] = [];
    const worlds = everyChoice((choices) => {
      const length = choices.below(3);
      seen.push(Array.from({ length }, () => choices.oneOf(['a', 'b'])).join(''));
    });
    expect(seen).toEqual(['', 'a', 'b', 'aa', 'ab', 'ba', 'bb']);
    expect(worlds).toBe(seen.length);
  });

  it('takes both sides of a chance, and every subset', () => {
    const seen: string[] = [];
    everyChoice((choices) => {
      seen.push(`${choices.chance(1, 100)} ${choices.someOf(['x', 'y']).join('')}`);
    });
    expect(seen).toEqual(['false ', 'false y', 'false x', 'false xy', 'true ', 'true y', 'true x', 'true xy']);
  });

  it('notices a generator that does not choose alike', () => {
    let bound = 1;
    expect(() => everyChoice((choices) => void choices.below(++bound))).toThrow('choose alike');
  });
});
