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
    ['abcd', 'acbd', 'bc', 'cb'],
  ])('of %s and %s is -%s +%s', (before, after, gone, come) => {
    expect(difference([...before], [...after])).toEqual({ gone: [...gone], come: [...come] });
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
