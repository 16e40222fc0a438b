import { describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { leadershipTerm, presenceTerm } from './lease-term.ts';

describe('lease terms', () => {
  it.each([
    { agentTtl: seconds(30), term: seconds(29) },
    { agentTtl: seconds(3), term: seconds(2) },
    { agentTtl: ms(1_500), term: seconds(1) },
  ])('leave etcd a second of $agentTtl ms to notice, and are never shorter than one', ({ agentTtl, term }) => {
    expect(presenceTerm(agentTtl)).toBe(term);
  });

  it('let no engine be missed for longer than its machine', () => {
    expect(leadershipTerm(seconds(2), presenceTerm(seconds(3)))).toBe(seconds(2));
    expect(leadershipTerm(seconds(2), presenceTerm(seconds(30)))).toBe(seconds(10));
  });
});
