import { describe, expect, it } from 'vitest';
import { type Choices, everyChoice } from '../base/choices.ts';
import { difference } from './difference.ts';

describe('the difference of two lists', () => {
  it.each([
    ['abc', 'abc', '', ''],
    ['abc', 'abxc', '', 'x'],
    ['abc', 'ac', 'b', ''],
    ['abc', 'xbc', 'a', 'x'],
    ['', 'ab', '', 'ab'],
    ['aa', 'aaa', '', 'a'],
    ['abcd', 'acbd', 'b', 'b'],
    ['abcdefgh', 'bcdxfgh', 'ae', 'x'],
    ['abcdef', 'fedcba', 'abcde', 'edcba'],
    ['abcdef', 'uvwxyz', 'abcdef', 'uvwxyz'],
  ])('of %s and %s is -%s +%s', (before, after, gone, come) => {
    expect(difference([...before], [...after])).toEqual({ gone: [...gone], come: [...come] });
  });

  it('is no longer than what changed, where sorted lists change in several places', () => {
    const before = Array.from({ length: 1_000 }, (_, index) => ({ index }));
    const after = before.filter(({ index }) => index % 100 >= 5);
    after.splice(500, 0, { index: -1 });
    const { gone, come } = difference(before, after);
    expect(gone.map(({ index }) => index % 100)).toEqual(Array.from({ length: 50 }, (_, index) => index % 5));
    expect(come).toEqual([{ index: -1 }]);
  });

  it('leads from one to the other, for all short lists', () => {
    const list = (choices: Choices) => Array.from({ length: choices.below(5) }, () => choices.oneOf(['a', 'b', 'c']));
    everyChoice((choices) => {
      const before = list(choices);
      const after = list(choices);
      const { gone, come } = difference(before, after);
      const left = [...before];
      for (const one of gone) left.splice(left.indexOf(one), 1);
      if ([...left, ...come].sort().join() !== after.toSorted().join()) expect.fail(`${before} to ${after}`);
    });
  });
});
