/** What `stop` and `unload` share. @see fleet.md 7.5 */
import type { ApiUnit } from '../../core/api/entities.ts';
import { isGlobal, type TargetState } from '../../core/unit/index.ts';
import { failWaiting, setTargets } from './activate.ts';
import { blockAttempts, noBlock, noUnitsGiven } from './block-flags.ts';
import { type Command, command } from './command.ts';
import { fail, refuse } from './failing.ts';
import { findUnits } from './find-units.ts';
import { waitForState } from './wait.ts';
import { watchCluster } from './watch.ts';
import type { World } from './world.ts';

export type Verdict =
  /** Nothing is to be done. */
  | { readonly kind: 'skip'; readonly because: string }
  /** The command ends here. */
  | { readonly kind: 'refuse'; readonly line: string }
  | { readonly kind: 'change' };

interface Deactivation {
  readonly name: 'stop' | 'unload';
  readonly summary: string;
  readonly goal: TargetState;
  /** `Successfully stopped units`. */
  readonly done: string;
  /** What to do with a unit that is not global. */
  readonly judge: (unit: ApiUnit) => Verdict;
}

export const deactivation = ({ name, summary, goal, done, judge }: Deactivation): Command =>
  command({
    name,
    operands: 'UNIT...',
    summary,
    flags: { blockAttempts, noBlock },
    async run({ flags, args }, world) {
      const { io, log } = world;
      if (args.length === 0) {
        io.err(noUnitsGiven);
        return 0;
      }
      await using watch = watchCluster(world, args);
      const changed: ApiUnit[] = [];
      try {
        const units = await findUnits(world, args);
        if (units.length === 0) {
          io.err('Units not found in registry');
          return 0;
        }
        const { change, refusal } = judgeAll(units, judge, log);
        await setTargets(world, change, goal);
        for (const unit of change) {
          if (isGlobal(unit.options)) io.out(`Triggered global unit ${unit.name} ${name}`);
          else changed.push(unit);
        }
        if (refusal !== undefined) return refuse(io, refusal);
      } catch (cause) {
        return fail(io, cause);
      }
      const names = changed.map((unit) => unit.name);
      const list = `[${names.join(' ')}]`;
      try {
        if (flags.noBlock) for (const unit of names) io.out(`Triggered unit ${unit} ${name}`);
        else await waitForState(world, watch, names, goal, flags.blockAttempts);
      } catch (cause) {
        return failWaiting(world, cause, (why) => `Failed to ${name} units ${list}. err: ${why}`);
      }
      io.err(`Successfully ${done} units ${list}.`);
      return 0;
    },
  });

interface Judged {
  readonly change: readonly ApiUnit[];
  /** Why the command ends behind those. */
  readonly refusal: string | undefined;
}

/** Global units have no state that could speak against it. */
function judgeAll(units: readonly ApiUnit[], judge: Deactivation['judge'], log: World['log']): Judged {
  const change: ApiUnit[] = [];
  for (const unit of units) {
    const verdict: Verdict = isGlobal(unit.options) ? { kind: 'change' } : judge(unit);
    if (verdict.kind === 'refuse') return { change, refusal: verdict.line };
    if (verdict.kind === 'skip') log.debug(verdict.because);
    else change.push(unit);
  }
  return { change, refusal: undefined };
}
