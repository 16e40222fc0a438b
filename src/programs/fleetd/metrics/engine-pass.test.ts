import { expect, it } from 'vitest';
import type { MachineId } from '../../../core/machine/types.ts';
import type { Decision } from '../../../core/scheduler/index.ts';
import { type UnitHash, unitName } from '../../../core/unit/index.ts';
import { countPass } from './engine-pass.ts';
import { fleetMetrics } from './metrics.ts';

const m1 = 'm1' as MachineId;
const schedule = (unit: string): Decision => ({
  kind: 'schedule',
  unit: unitName(unit),
  on: m1,
  hash: 'h' as UnitHash,
  target: 'launched',
  because: 'target state launched and unit not scheduled',
});

it('a task that did not take effect is a failure, skipped or not written at all', () => {
  const metrics = fleetMetrics();
  const decisions = [schedule('a.service'), schedule('b.service')];
  countPass(metrics, { decisions, applied: decisions.slice(0, 1), seconds: 0.5 });
  countPass(metrics, { decisions, applied: [], seconds: 0.5 });
  expect(metrics.engineTasks.with('attemptscheduleunit').value).toBe(4);
  expect(metrics.engineTaskFailures.with('attemptscheduleunit').value).toBe(3);
  expect(metrics.passes.with().value).toBe(2);
  expect(metrics.passDuration.with().sum).toBe(1);
});

it('an instruction to a machine that keeps its unit is no task', () => {
  const metrics = fleetMetrics();
  countPass(metrics, {
    decisions: [{ ...schedule('a.service'), kind: 'instruct' } as Decision],
    applied: [],
    seconds: 0,
  });
  expect(metrics.engineTaskFailures.with('attemptscheduleunit').value).toBe(0);
});
