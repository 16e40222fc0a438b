/** The scheduler's benchmark at a size that costs nothing, so that it cannot rot. */
import { expect, it } from 'vitest';
import { oneRun } from '../../bench/scheduler.ts';

it('the benchmark of the scheduler does the work that it times', () => {
  const { nothing, lost, added } = oneRun({ machines: 30, units: 200 });
  for (const took of [nothing, lost, added]) expect(took).toBeGreaterThan(0);
});
