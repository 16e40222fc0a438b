/** What one pass of the engine says to its metrics. */
import type { Decision } from '../../../core/scheduler/types.ts';
import type { FleetMetrics } from './metrics.ts';

export interface Pass {
  readonly decisions: readonly Decision[];
  /** Those that took effect; none when the write failed. */
  readonly applied: readonly Decision[];
  readonly seconds: number;
}

export function countPass(metrics: FleetMetrics, { decisions, applied, seconds }: Pass): void {
  metrics.passes.with().add();
  metrics.passDuration.with().observe(seconds);
  metrics.heldUnits.with().set(decisions.filter(({ kind }) => kind === 'hold').length);
  const effective = new Set(applied);
  for (const decision of decisions) {
    const trouble = troubleBehind(decision);
    if (trouble !== undefined) metrics.passFailures.with(trouble).add();
    const task = taskOf(decision);
    if (task === undefined) continue;
    metrics.engineTasks.with(task).add();
    if (!effective.has(decision)) metrics.engineTaskFailures.with(task).add();
  }
}

/** A unit that is taken away because nobody wants it any more is no trouble. */
function troubleBehind(decision: Decision): 'machine_away' | 'run' | 'schedule' | undefined {
  if (decision.kind === 'hold') return 'schedule';
  if (decision.kind !== 'unschedule') return undefined;
  if (decision.because.endsWith(' went away')) return 'machine_away';
  return decision.because.includes(' unable to run unit: ') ? 'run' : undefined;
}

/** fleet's names; an instruction to a machine that keeps its unit is no task of fleet's. */
const taskOf = ({ kind }: Decision): 'attemptscheduleunit' | 'unscheduleunit' | undefined =>
  kind === 'schedule' ? 'attemptscheduleunit' : kind === 'unschedule' ? 'unscheduleunit' : undefined;
