/** The engine: one fleetd leads at a time, and decides where units run. @see fleet.md section 3 */

import { printDuration } from '../../core/base/duration.ts';
import type { Millis } from '../../core/base/time.ts';
import { ms, seconds } from '../../core/base/time.ts';
import { engineVersion } from '../../core/cluster/engine-version.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { type Decision, Scheduler } from '../../core/scheduler/index.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Leadership, Registry } from '../../ports/registry/index.ts';
import { Absences } from './absences.ts';
import { Bell } from './bell.ts';
import { followed, polled } from './looking.ts';
import { countPass } from './metrics/engine-pass.ts';
import type { FleetMetrics } from './metrics/metrics.ts';
import { backOff } from './patience.ts';

export interface EngineWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly metrics: FleetMetrics;
}

export interface EngineOptions {
  readonly me: MachineId;
  /** How long others wait after our last sign of life. */
  readonly term: Millis;
  /** fleet's `engine_reconcile_interval`. */
  readonly interval: Millis;
  /** Whether changes wake the engine; otherwise it looks every `interval`. */
  readonly watch: boolean;
}

const firstRetry = ms(250);
const longestRetry = seconds(10);
/** The safety net below the changes; nothing that works waits for it. */
const lookAgainEvery = seconds(60);

/** Takes part in leading until `stop` aborts; resigns then, so that another leads at once. */
export async function runEngine(world: EngineWorld, options: EngineOptions, stop: AbortSignal): Promise<void> {
  const { clock, log, registry } = world;
  const { me, term, interval, watch } = options;
  const participation = new Participation(world);
  let failures = 0;
  let leader: MachineId | undefined;
  while (!stop.aborted) {
    let leading = false;
    try {
      if (!(await participation.mayLead())) {
        await clock.sleep(interval, stop);
        continue;
      }
      const outcome = await registry.lead(me, term, engineVersion);
      failures = 0;
      if ('leader' in outcome) {
        if (outcome.leader !== leader) log.info(leaderEvent(leader, outcome.leader));
        leader = outcome.leader;
        await (watch ? registry.leaderless(stop) : clock.sleep(interval, stop));
        continue;
      }
      await using leadership = outcome;
      leading = true;
      leader = me;
      if (leadership.stolenFrom !== undefined)
        log.info(`Stole engine leadership from Machine(${leadership.stolenFrom})`);
      log.info('Engine leadership acquired');
      await lead(world, options, leadership, stop);
      if (!stop.aborted) log.warn(`Engine leadership lost, renewal failed: ${messageOf(leadership.lost.reason)}`);
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      failures += 1;
      if (!stop.aborted && leading) log.warn(`Engine leadership lost, renewal failed: ${cause.message}`);
      else if (!stop.aborted) log.warn('Engine could not ask who leads:', { err: cause });
      await clock.sleep(backOff(failures, firstRetry, longestRetry), stop);
    }
  }
}

const leaderEvent = (before: MachineId | undefined, now: MachineId) =>
  before === undefined ? `Engine leader is ${now}` : `Engine leadership changed from ${before} to ${now}`;

const messageOf = (reason: unknown): string => (reason instanceof Error ? reason.message : String(reason));

/** Whether engines of our version may lead this cluster. @see fleet.md 3.1 */
class Participation {
  readonly #world: EngineWorld;
  #newer: number | undefined;

  constructor(world: EngineWorld) {
    this.#world = world;
  }

  /** Raises the cluster's version to ours where it is lower. */
  async mayLead(): Promise<boolean> {
    const { log, registry } = this.#world;
    const cluster = await registry.engineVersion();
    if (cluster > engineVersion) {
      if (this.#newer !== cluster)
        log.warn(`Cluster engine version ${cluster} is newer than ours (${engineVersion}), not participating`);
      this.#newer = cluster;
      return false;
    }
    this.#newer = undefined;
    if (cluster === engineVersion) return true;
    const raised = await registry.raiseEngineVersion(cluster, engineVersion);
    if (raised) log.info(`Updated cluster engine version from ${cluster} to ${engineVersion}`);
    return raised;
  }
}

async function lead(
  world: EngineWorld,
  options: EngineOptions,
  leadership: Leadership,
  stop: AbortSignal,
): Promise<void> {
  const { clock, metrics } = world;
  const over = new AbortController();
  const until = AbortSignal.any([stop, leadership.lost, over.signal]);
  const renewals = sayRenewals(world, options.term, leadership, until);
  metrics.leaderStart.with().set(clock.date().getTime() / 1_000);
  try {
    await decideUntil(world, options, leadership, until);
  } finally {
    over.abort();
    await renewals;
    for (const level of [metrics.leaderStart, metrics.heldUnits]) level.with().set(0);
  }
}

async function sayRenewals(
  { clock, log }: EngineWorld,
  term: Millis,
  leadership: Leadership,
  until: AbortSignal,
): Promise<void> {
  for (let known = leadership.validUntil(); !until.aborted; ) {
    await clock.sleep(ms(term / 3), until);
    if (!until.aborted && leadership.validUntil() > known) log.debug('Engine leadership renewed');
    known = leadership.validUntil();
  }
}

async function decideUntil(
  { clock, log, registry, metrics }: EngineWorld,
  { interval, watch }: EngineOptions,
  leadership: Leadership,
  until: AbortSignal,
): Promise<void> {
  const scheduler = new Scheduler();
  const held = new Map<string, string>();
  const source = (stop: AbortSignal) => registry.cluster(stop);
  const again = new Bell();
  const pictures = watch
    ? followed(source, lookAgainEvery, clock, until, again)
    : polled(source, interval, clock, until);
  const absences = new Absences();
  for await (const cluster of pictures) {
    const started = clock.now();
    const wait = absences.wait(cluster, started);
    if (wait > 0) {
      void clock.sleep(wait, until).then(() => again.ring());
      continue;
    }
    const decisions = scheduler.decide(cluster);
    let applied: readonly Decision[] = [];
    try {
      applied = await leadership.apply(decisions.filter(({ kind }) => kind !== 'hold'));
    } finally {
      countPass(metrics, { decisions, applied, seconds: (clock.now() - started) / 1_000 });
    }
    report(log, applied);
    explain(log, decisions, held);
    const took = ms(clock.now() - started);
    if (took > interval) log.warn(`Engine completed reconciliation in ${printDuration(took)}`);
  }
}

function report(log: Log, applied: readonly Decision[]): void {
  for (const decision of applied) {
    if (decision.kind === 'schedule') {
      log.info(`Scheduled Unit(${decision.unit}) to Machine(${decision.on})`);
      log.info(completed('AttemptScheduleUnit', decision.unit, decision.on, decision.because));
    } else if (decision.kind === 'unschedule') {
      log.info(`Unscheduled Job(${decision.unit}) from Machine(${decision.from})`);
      log.info(completed('UnscheduleUnit', decision.unit, decision.from, decision.because));
    } else if (decision.kind === 'instruct') {
      log.debug(`Instructed Machine(${decision.on}) about Unit(${decision.unit})`, { reason: decision.because });
    }
  }
}

/** In fleet's words, which tools look for. @see fleet.md 3.4 */
const completed = (type: string, unit: string, machine: MachineId, because: string): string =>
  `EngineReconciler completed task: {Type: ${type}, JobName: ${unit}, MachineID: ${machine}, Reason: "${because}"}`;

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
