import { describe, expect, it } from 'vitest';
import { seeded, seeds } from './choices.ts';
import { parseDuration, printDuration } from './duration.ts';
import { hours, minutes, ms, seconds } from './time.ts';

describe('a duration in Go notation', () => {
  it.each([
    ['3s', seconds(3)],
    ['1m30s', seconds(90)],
    ['250ms', ms(250)],
    ['1h', hours(1)],
    ['1h0m0s', hours(1)],
    ['1.5s', ms(1_500)],
    ['.5s', ms(500)],
    ['2.s', seconds(2)],
    ['500us', ms(0.5)],
    ['500µs', ms(0.5)],
    ['-2m', minutes(-2)],
    ['+2m', minutes(2)],
    ['0', ms(0)],
    ['0s', ms(0)],
  ])('reads %s', (text, expected) => {
    expect(parseDuration(text)).toBeCloseTo(expected, 6);
  });

  it.each(['', '3', '3 s', 's', '.s', '1d', '3S', '3s ', '--3s', '1m 30s', 'NaNs'])('refuses "%s"', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it.each([
    [ms(0), '0s'],
    [ms(0.25), '250µs'],
    [ms(250), '250ms'],
    [ms(1_500), '1.5s'],
    [seconds(90), '1m30s'],
    [seconds(60), '1m0s'],
    [hours(1), '1h0m0s'],
    [minutes(-2), '-2m0s'],
  ])('prints %d ms as %s', (duration, text) => {
    expect(printDuration(duration)).toBe(text);
  });

  it.each(seeds(200))('reads back what it printed (seed %i)', (seed) => {
    const choices = seeded(seed);
    const duration = ms(choices.below(10 ** (1 + choices.below(9))));
    expect(parseDuration(printDuration(duration))).toBeCloseTo(duration, 3);
  });
});
