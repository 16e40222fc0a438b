import { describe, expect, it } from 'vitest';
import { type Choices, everyChoice, seeded, seeds } from './choices.ts';
import { glob } from './glob.ts';

describe('a glob', () => {
  it.each([
    ['redis@*.service', 'redis@1.service'],
    ['redis@*.service', 'redis@.service'],
    ['*', 'anything.service'],
    ['*', ''],
    ['a*b*c', 'a-b-b-c'],
    ['web.?ervice', 'web.service'],
    ['web[12].service', 'web2.service'],
    ['web[0-9].service', 'web7.service'],
    ['web[^0-9].service', 'weba.service'],
    ['web[^12a-c].service', 'webd.service'],
    ['web[\\]].service', 'web].service'],
    ['web[a\\-c].service', 'web-.service'],
    ['web\\*.service', 'web*.service'],
    ['**.service', 'a.service'],
    ['h?llo', 'h\u{1f600}llo'],
    ['', ''],
  ])('%s matches %s', (pattern, text) => {
    expect(glob(pattern).matches(text)).toBe(true);
  });

  it.each([
    ['redis@*.service', 'redis.service'],
    ['redis@*.service', 'xredis@1.service'],
    ['redis@*.service', 'redis@1.service.d'],
    ['a*c', 'a/c'],
    ['?', '/'],
    ['?', ''],
    ['?', 'ab'],
    ['web[0-9].service', 'weba.service'],
    ['web[^0-9].service', 'web1.service'],
    ['web[!0-9].service', 'weba.service'],
    ['', 'a'],
    ['a', ''],
    ['WEB', 'web'],
  ])('%s does not match %s', (pattern, text) => {
    expect(glob(pattern).matches(text)).toBe(false);
  });

  it.each(['[', '[]', '[]a]', '[a', '[^', '[^]', '[a-', '[a-]', '[-a]', 'a\\', '[\\', 'a['])(
    'that is malformed (%s) matches nothing, not even itself',
    (pattern) => {
      expect(glob(pattern).matches(pattern)).toBe(false);
      expect(glob(pattern).matches('a')).toBe(false);
    },
  );

  it('knows the text that all its matches start with', () => {
    expect(glob('redis@*.service')).toMatchObject({ prefix: 'redis@', exact: false });
    expect(glob('web\\*.service')).toMatchObject({ prefix: 'web*.service', exact: true });
    expect(glob('*')).toMatchObject({ prefix: '', exact: false });
    expect(glob('')).toMatchObject({ prefix: '', exact: true });
  });

  const letters = ['a', 'b', '/'];
  const law = (choices: Choices, patternMax: number, textMax: number) => {
    const draw = (from: readonly string[], max: number) =>
      Array.from({ length: choices.below(max + 1) }, () => choices.oneOf(from)).join('');
    const pattern = draw(['a', 'b', '*', '?'], patternMax);
    const text = draw(letters, textMax);
    // The same meaning, said by another engine; without classes, since RegExp negates and escapes otherwise.
    const meaning = new RegExp(`^${pattern.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`);
    expect(glob(pattern).matches(text), `${pattern} on ${text}`).toBe(meaning.test(text));
  };

  it('means what the regular expression means, for every small pattern and text', () => {
    expect(everyChoice((choices) => law(choices, 3, 3))).toBe(85 * 40);
  });

  it.each(seeds(300))('means what the regular expression means (seed %i)', (seed) => {
    law(seeded(seed), 9, 14);
  });

  it('stays quick on patterns that make regular expressions explode', () => {
    expect(glob(`${'*a'.repeat(100)}b`).matches('a'.repeat(256))).toBe(false);
  });
});
