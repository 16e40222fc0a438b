import { expect, it } from 'vitest';
import { ownProcess } from './self.ts';

it('knows what this process occupies, has used, and when it began', () => {
  const { residentBytes, cpuSeconds, startedAt } = ownProcess();
  expect(residentBytes).toBeGreaterThan(2 ** 20);
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(startedAt).toBeLessThanOrEqual(Date.now() / 1_000);
  expect(startedAt).toBeGreaterThan(Date.now() / 1_000 - 3_600);
});
