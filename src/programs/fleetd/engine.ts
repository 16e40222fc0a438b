/** The engine: one fleetd leads at a time, and decides where units run. @see fleet.md section 3 */

import type { Millis } from '../../core/base/time.ts';
import { ms, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { type Decision, Scheduler } from '../../core/scheduler/index.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Leadership, Registry } from '../../ports/registry/index.ts';
import { countPass } from './metrics/engine-pass.ts';
import type { FleetMetrics } from './metrics/metrics.ts';
import { backOff } from './patience.ts';

export interface EngineWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly metrics: FleetMetrics;
}

const firstRetry = ms(250);
const longestRetry = seconds(10);

/** Takes part in leading until `stop` aborts; resigns then, so that another leads at once. */
export async function runEngine(world: EngineWorld, me: MachineId, ttl: Millis, stop: AbortSignal): Promise<void> {
  const { clock, log, registry } = world;
  let failures = 0;
  let leader: MachineId | undefined;
  while (!stop.aborted) {
    try {
      const outcome = await registry.lead(me, ttl);
      failures = 0;
      if ('leader' in outcome) {
        if (outcome.leader !== leader) log.info(leaderEvent(leader, outcome.leader));
        leader = outcome.leader;
        await registry.leaderless(stop);
        continue;
      }
      leader = me;
      log.info('Engine leadership acquired');
      await using leadership = outcome;
      await lead(world, leadership, stop);
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      failures += 1;
      if (!stop.aborted) log.warn('Engine leadership lost, renewal failed:', { err: cause });
      await clock.sleep(backOff(failures, firstRetry, longestRetry), stop);
    }
  }
}

const leaderEvent = (before: MachineId | undefined, now: MachineId) =>
  before === undefined ? `Engine leader is ${now}` : `Engine leadership changed from ${before} to ${now}`;

async function lead(world: EngineWorld, leadership: Leadership, stop: AbortSignal): Promise<void> {
  const { clock, metrics } = world;
  metrics.leaderStart.with().set(clock.date().getTime() / 1_000);
  try {
    await decideUntil(world, leadership, AbortSignal.any([stop, leadership.lost]));
  } finally {
    for (const level of [metrics.leaderStart, metrics.heldUnits]) level.with().set(0);
  }
}

async function decideUntil(
  { clock, log, registry, metrics }: EngineWorld,
  leadership: Leadership,
  until: AbortSignal,
): Promise<void> {
  const scheduler = new Scheduler();
  const held = new Map<string, string>();
  for await (const cluster of registry.cluster(until)) {
    const started = clock.now();
    const decisions = scheduler.decide(cluster);
    let applied: readonly Decision[] = [];
    try {
      applied = await leadership.apply(decisions.filter(({ kind }) => kind !== 'hold'));
    } finally {
      countPass(metrics, { decisions, applied, seconds: (clock.now() - started) / 1_000 });
    }
    report(log, applied);
    explain(log, decisions, held);
  }
}

function report(log: Log, applied: readonly Decision[]): void {
  for (const decision of applied) {
    if (decision.kind === 'schedule') {
      log.info(`Scheduled Unit(${decision.unit}) to Machine(${decision.on})`, { reason: decision.because });
    } else if (decision.kind === 'unschedule') {
      log.info(`Unscheduled Job(${decision.unit}) from Machine(${decision.from})`, { reason: decision.because });
    } else if (decision.kind === 'instruct') {
      log.debug(`Instructed Machine(${decision.on}) about Unit(${decision.unit})`, { reason: decision.because });
    }
  }
}

/** Says why a unit runs nowhere, once for as long as the reasons stay the same. */
function explain(log: Log, decisions: readonly Decision[], held: Map<string, string>): void {
  const still = new Set<string>();
  for (const decision of decisions) {
    if (decision.kind !== 'hold') continue;
    const { unit, refusals } = decision;
    const reasons = refusals.map(({ machine, because }) => `${machine}: ${because}`).join('; ');
    still.add(unit);
    if (held.get(unit) === reasons) continue;
    held.set(unit, reasons);
    const err = refusals.length === 0 ? 'zero agents available' : 'no agents able to run job';
    log.info(`Unable to schedule Job(${unit}): ${err}`, { refusals: reasons || undefined });
  }
  for (const unit of held.keys()) if (!still.has(unit)) held.delete(unit);
}
