/** Waits until units report a state, and says so. @see fleet.md 7.3 */
import type { ApiUnit } from '../../core/api/entities.ts';
import { type Progress, progressOf } from '../../core/api/progress.ts';
import { type Millis, seconds } from '../../core/base/time.ts';
import { DestroyedMeanwhile, NotActiveInTime, StateTimedOut } from '../../core/errors/fleetctl.ts';
import { isGlobal, type TargetState, type UnitName } from '../../core/unit/index.ts';
import { placeOf } from './places.ts';
import type { View, Watch } from './watch.ts';
import type { World } from './world.ts';

/** One attempt; `--block-attempts` counts them. */
const attempt = seconds(2);

/** @returns undefined, for ever, when `attempts` is zero or less */
export const patience = (attempts: number): Millis | undefined =>
  attempts > 0 ? ((attempts * attempt) as Millis) : undefined;

/**
 * Waits for all of the units at once and prints a line for each when it is there, in the order in which they are.
 *
 * @param attempts of two seconds each; for ever when zero or less
 * @throws {StateTimedOut} {DestroyedMeanwhile} for the first of them; the others are not waited for any longer
 */
export async function waitForState(
  { io }: Pick<World, 'io'>,
  watch: Watch,
  names: readonly UnitName[],
  state: TargetState,
  attempts: number,
): Promise<void> {
  await Promise.all(
    names.map(async (unit) => {
      let seen = false;
      const look = async (view: View) => {
        const there = await view.unit(unit);
        if (there === undefined) return seen ? { destroyed: true as const } : undefined;
        seen = true;
        return reportedState(there) === state ? { line: await arrival(view, there) } : undefined;
      };
      const outcome = await watch.until(look, patience(attempts));
      if (outcome === undefined) throw new StateTimedOut({ unit, state });
      if ('destroyed' in outcome) throw new DestroyedMeanwhile({ unit });
      io.out(outcome.line);
    }),
  );
}

/** @returns the line that tells that the unit is where it should be */
async function arrival(view: View, unit: ApiUnit): Promise<string> {
  const where = unit.machine === undefined ? '' : ` on ${placeOf(unit.machine, await view.machines(unit.machine))}`;
  return `Unit ${unit.name} ${isGlobal(unit.options) ? '' : unit.current}${where}`;
}

/** A global unit has no state of its own: what is asked of it counts. */
const reportedState = (unit: ApiUnit): TargetState =>
  isGlobal(unit.options) ? unit.desired : (unit.current ?? 'inactive');

/**
 * Waits until systemd says of every unit that it is active.
 *
 * fleet gives a unit two seconds and then fails, also a unit that still pulls its image and one that has ended well
 * already. Here a unit that is still starting has the time that `--block-attempts` gives, and one that was launched and
 * is neither active nor failed two seconds later has ended, as short ones do.
 *
 * @throws {NotActiveInTime}
 * @see fleet.md 7.5, and improvement 11 in section 9
 */
export async function waitForActive(watch: Watch, names: readonly UnitName[], attempts: number): Promise<void> {
  await Promise.all(
    names.map(async (unit) => {
      let begun = false;
      const atFirst = async (view: View) => {
        const now = await progress(view, unit);
        if (now === 'active' || (now === 'ended' && begun)) return now;
        begun ||= isUnderWay(now);
        return undefined;
      };
      const atLast = async (view: View) => {
        const now = await progress(view, unit);
        return isUnderWay(now) ? undefined : now;
      };
      if ((await watch.until(atFirst, attempt)) !== undefined) return;
      const outcome = await watch.until(atLast, patience(attempts));
      if (outcome !== 'active' && outcome !== 'ended') throw new NotActiveInTime({ unit });
    }),
  );
}

async function progress(view: View, name: UnitName): Promise<Progress> {
  const state = (await view.states(name))[0];
  return state === undefined ? 'unknown' : progressOf(state);
}

/** Not yet what it will be. */
const isUnderWay = (now: Progress): boolean => now === 'starting' || now === 'stopping';
