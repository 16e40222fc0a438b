import { describe, expect, it } from 'vitest';
import { ms } from '../base/time.ts';
import { type Answers, judgeNames, Wrongness } from './agreement.ts';

const redis = 'redis.webapp.dev';
const said = (...addresses: string[]): Answers => ({ machine: 'core-01', names: new Map([[redis, addresses]]) });
const silent: Answers = { machine: 'core-01', names: undefined };
const truth = (...addresses: string[]) => new Map([[redis, addresses]]);

describe('an answer', () => {
  it.each([
    ['with the address of what runs', truth('10.0.0.1'), said('10.0.0.1'), 'right'],
    ['with all addresses in another order', truth('10.0.0.2', '10.0.0.1'), said('10.0.0.1', '10.0.0.2'), 'right'],
    ['with nothing while nothing runs', truth(), said(), 'right'],
    ['with an address at which nothing runs', truth('10.0.0.1'), said('10.0.0.1', '10.0.0.9'), 'stale'],
    ['with an address while nothing runs', truth(), said('10.0.0.9'), 'stale'],
    ['that leaves one out', truth('10.0.0.1', '10.0.0.2'), said('10.0.0.1'), 'missing'],
    ['that never came', truth('10.0.0.1'), silent, 'silent'],
  ])('%s is judged', (_what, runs, answers, verdict) => {
    expect(judgeNames([redis], runs, [answers])[0]?.machines[0]?.verdict).toBe(verdict);
  });

  it('is judged for names that nobody knows yet, and for those of which nothing runs any more', () => {
    const judged = judgeNames(['gone.webapp.dev'], truth('10.0.0.1'), [said('10.0.0.1')]);
    expect(judged.map(({ name, runsAt }) => [name, runsAt])).toEqual([
      ['gone.webapp.dev', []],
      [redis, ['10.0.0.1']],
    ]);
  });
});

describe('the time that an answer was wrong', () => {
  const look = (answers: Answers) => judgeNames([redis], truth('10.0.0.1'), [answers]);

  it('is the longest one, from the first look that found it wrong', () => {
    const wrongness = new Wrongness();
    const looks: readonly (readonly [number, Answers])[] = [
      [0, said('10.0.0.1')],
      [100, said()],
      [400, said('10.0.0.9')],
      [500, said('10.0.0.1')],
      [600, said()],
      [700, said('10.0.0.1')],
    ];
    for (const [at, answers] of looks) wrongness.see(ms(at), look(answers));
    expect(wrongness.longest(redis, 'core-01')).toBe(300);
  });

  it('is none for who was right or silent', () => {
    const wrongness = new Wrongness();
    wrongness.see(ms(0), look(said('10.0.0.1')));
    wrongness.see(ms(100), look(silent));
    expect(wrongness.longest(redis, 'core-01')).toBeUndefined();
  });
});
