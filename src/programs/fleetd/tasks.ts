/**
 * Carries out an agent's tasks, each unit on its own: what one unit does slowly or fails at never holds up another.
 *
 * Stops run in the background, because a unit may take its time; what else is due for that unit waits until it has
 * stopped and is found again by the next pass. Starts follow loads and one reload within the pass.
 */

import type { Task } from '../../core/agent/types.ts';
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { UnitName } from '../../core/unit/types.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { UnitManager } from '../../ports/unit-manager/index.ts';
import { backOff } from './patience.ts';

interface World {
  readonly clock: Clock;
  readonly log: Log;
  readonly units: UnitManager;
}

type UnitTask = Exclude<Task, { readonly kind: 'reload' }>;

/** What a failing unit has to wait before the next try. */
const firstWait = seconds(1);
const longestWait = seconds(60);

const types = {
  unload: 'UnloadUnit',
  load: 'LoadUnit',
  reload: 'ReloadUnitFiles',
  stop: 'StopUnit',
  start: 'StartUnit',
} as const;

export class Tasks {
  readonly #world: World;
  readonly #again: () => void;
  /** Units that are stopping, each with the end of its stop. */
  readonly #busy = new Map<UnitName, Promise<void>>();
  /** Whether a reload failed, so that nothing may be started before one that does not. */
  #reloadOwed = false;
  readonly #failures = new Map<UnitName, { readonly count: number; readonly retryAt: Millis }>();

  /** @param again called when a unit that had to wait can be looked at again */
  constructor(world: World, again: () => void) {
    this.#world = world;
    this.#again = again;
  }

  /** Resolves once everything is done that need not be waited for; never rejects for a unit's sake. */
  async carryOut(tasks: readonly Task[], stop: AbortSignal): Promise<void> {
    const due = tasks.filter((task): task is UnitTask => task.kind !== 'reload' && this.#isDue(task.unit));
    for (const task of due) if (task.kind === 'unload' || task.kind === 'stop') this.#inBackground(task, stop);
    const ready = due.filter(({ unit }) => !this.#busy.has(unit));
    const failed = new Set<UnitName>();
    const all = (kind: UnitTask['kind']) =>
      Promise.all(
        ready
          .filter((task) => task.kind === kind && !failed.has(task.unit))
          .map(async (task) => {
            if (!(await this.#attempt(task, stop))) failed.add(task.unit);
          }),
      );
    await all('load');
    if (!(await this.#reload(tasks, stop))) return;
    await all('start');
  }

  /** @returns false when what is to be started may not be started yet */
  async #reload(tasks: readonly Task[], stop: AbortSignal): Promise<boolean> {
    const reload = tasks.find((task) => task.kind === 'reload') ?? (this.#reloadOwed ? owedReload : undefined);
    if (stop.aborted) this.#reloadOwed ||= reload !== undefined;
    if (stop.aborted) return false;
    if (reload === undefined) return true;
    try {
      await this.#world.units.reload();
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      this.#reloadOwed = true;
      this.#later(firstWait, stop);
      this.#world.log.error('AgentReconciler task failed:', { ...factsOf(reload), err: cause });
      return false;
    }
    this.#reloadOwed = false;
    this.#completed(reload);
    return true;
  }

  /** Resolves when no unit is stopping any more. */
  async settled(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy.values());
  }

  #isDue(unit: UnitName): boolean {
    const failure = this.#failures.get(unit);
    return !this.#busy.has(unit) && (failure === undefined || failure.retryAt <= this.#world.clock.now());
  }

  #inBackground(task: UnitTask, stop: AbortSignal): void {
    const work = this.#attempt(task, stop).then(() => {
      this.#busy.delete(task.unit);
      this.#again();
    });
    this.#busy.set(task.unit, work);
  }

  async #attempt(task: UnitTask, stop: AbortSignal): Promise<boolean> {
    // Whoever ended the round may have ended it because nothing may begin here any more.
    if (stop.aborted && task.kind === 'start') return false;
    try {
      await this.#perform(task);
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      this.#failed(task, cause, stop);
      return false;
    }
    // A load that works says nothing about the start that follows it.
    if (task.kind !== 'load') this.#failures.delete(task.unit);
    this.#completed(task);
    return true;
  }

  async #perform(task: UnitTask): Promise<void> {
    const { units } = this.#world;
    switch (task.kind) {
      case 'unload':
        return units.unload(task.unit);
      case 'load':
        return units.load(task.unit, task.file, task.hash);
      case 'stop':
        return units.stop(task.unit);
      case 'start':
        return units.start(task.unit);
      default:
        return task satisfies never;
    }
  }

  #completed(task: Task): void {
    this.#world.log.info('AgentReconciler completed task:', factsOf(task));
  }

  #failed(task: UnitTask, cause: OperatingError, stop: AbortSignal): void {
    const count = (this.#failures.get(task.unit)?.count ?? 0) + 1;
    const wait = backOff(count, firstWait, longestWait);
    this.#failures.set(task.unit, { count, retryAt: ms(this.#world.clock.now() + wait) });
    this.#world.log.error('AgentReconciler task failed:', {
      ...factsOf(task),
      err: cause,
      retryIn: `${wait / 1_000}s`,
    });
    this.#later(wait, stop);
  }

  #later(wait: Millis, stop: AbortSignal): void {
    void this.#world.clock.sleep(wait, stop).then(this.#again);
  }
}

const owedReload: Task = { kind: 'reload', because: 'always reload unit files' };

const factsOf = (task: Task) => ({
  type: types[task.kind],
  job: task.kind === 'reload' ? 'N/A' : task.unit,
  reason: task.because,
});
