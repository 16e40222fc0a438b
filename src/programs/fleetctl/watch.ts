/**
 * Looks at the cluster again after every change of it, until there is to be seen what is waited for. Follows the units that
 * the command is about; where the API has no followers, or the connection breaks, it asks by the clock, as fleet's own
 * client does.
 */
import type { ApiUnit, ApiUnitState } from '../../core/api/entities.ts';
import type { UnitNews } from '../../core/api/follow.ts';
import { groupBy } from '../../core/base/group.ts';
import { type Millis, ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { mangle, type UnitName } from '../../core/unit/index.ts';
import { few } from './look-up.ts';
import { byId, type MachinesById } from './places.ts';
import type { World } from './world.ts';

/** How often to look at a server that tells nothing by itself. @see fleet.md section 10 */
const pollEvery = ms(250);

/** What can be seen at one moment; asking twice costs one request. */
export interface View {
  unit(name: UnitName): Promise<ApiUnit | undefined>;
  states(name: UnitName): Promise<readonly ApiUnitState[]>;
  /** @param wanted is among them if the cluster knows it */
  machines(wanted: MachineId): Promise<MachinesById>;
}

export interface Watch extends AsyncDisposable {
  /**
   * Looks now and after every change until the answer is not undefined. Trouble with the API is waited out.
   *
   * @param within how long; without it, for ever
   * @returns undefined when the time is over
   */
  until<T>(look: (view: View) => Promise<T | undefined>, within?: Millis): Promise<T | undefined>;
}

/** @param args the units that will be looked at, as the command line names them */
export function watchCluster(world: Pick<World, 'fleet' | 'clock' | 'log'>, args: readonly string[]): Watch {
  const { fleet, clock, log } = world;
  const names = [...new Set(args.map(mangle))] as UnitName[];
  const stop = new AbortController();
  const sleepers = new Set<() => void>();
  /** Undefined until something is known. */
  let view: View | undefined;
  let complaint = '';

  const show = (next: View) => {
    view = next;
    for (const wake of [...sleepers]) wake();
  };
  const ask = () => show(askedView(fleet, names.length));

  /** @returns false when the server has no followers */
  const followOnce = async (): Promise<boolean> => {
    try {
      const news = await fleet.follow(names, stop.signal);
      if (news === undefined) return false;
      const followed = new FollowedUnits();
      const machines = rememberedMachines(fleet);
      for await (const one of news) {
        followed.learn(one);
        show({ ...followed.view(), machines });
      }
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      log.debug(`No news of units: ${cause.message}`);
    }
    return true;
  };

  const follow = async () => {
    for (let served = true; !stop.signal.aborted; ) {
      served = served && (await followOnce());
      if (stop.signal.aborted) return;
      ask();
      await clock.sleep(pollEvery, stop.signal);
    }
  };

  const nextChange = (over: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = () => {
        sleepers.delete(wake);
        over.removeEventListener('abort', wake);
        resolve();
      };
      sleepers.add(wake);
      over.addEventListener('abort', wake, { once: true });
    });

  /** Asks, and after trouble asks again a little later: no change would tell that the trouble is over. */
  const lookAt = async <T>(
    seen: View,
    look: (view: View) => Promise<T | undefined>,
    over: AbortSignal,
  ): Promise<T | undefined> => {
    try {
      return await look(seen);
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      if (complaint !== cause.message) log.warn(`${cause.message}; asking again`);
      complaint = cause.message;
      await clock.sleep(pollEvery, over);
      ask();
      return undefined;
    }
  };

  let following: Promise<void> | undefined;
  return {
    async until(look, within) {
      following ??= follow();
      const over = new AbortController();
      if (within !== undefined) void clock.sleep(within, over.signal).then(() => over.abort());
      try {
        for (;;) {
          const seen = view;
          const answer = seen && (await lookAt(seen, look, over.signal));
          if (answer !== undefined) return answer;
          if (over.signal.aborted) return undefined;
          // A change that came while we looked made another view: look at that first.
          if (view === seen) await nextChange(over.signal);
        }
      } finally {
        over.abort();
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}

/** What news has told so far. */
class FollowedUnits {
  readonly #units = new Map<UnitName, ApiUnit>();
  readonly #states = new Map<UnitName, readonly ApiUnitState[]>();

  learn({ units, removed, states, retracted }: UnitNews): void {
    for (const unit of units) this.#units.set(unit.name, unit);
    for (const name of removed) this.#units.delete(name);
    for (const { unit, machine } of retracted) this.#states.set(unit, this.#statesElsewhere(unit, machine));
    for (const state of states)
      this.#states.set(state.unit, [...this.#statesElsewhere(state.unit, state.machine), state]);
  }

  /** As it is from now on, too: who looks later sees more. */
  view(): Pick<View, 'unit' | 'states'> {
    return { unit: async (name) => this.#units.get(name), states: async (name) => this.#statesOf(name) };
  }

  #statesElsewhere(name: UnitName, than: MachineId): readonly ApiUnitState[] {
    return this.#statesOf(name).filter(({ machine }) => machine !== than);
  }

  #statesOf(name: UnitName): readonly ApiUnitState[] {
    return this.#states.get(name) ?? [];
  }
}

/** Asked for once, and again when they do not have one that is looked for. */
function rememberedMachines(fleet: World['fleet']): View['machines'] {
  let known: Promise<MachinesById> | undefined;
  const ask = () => {
    known = fleet.machines().then(byId);
    known.catch(() => {
      known = undefined;
    });
    return known;
  };
  return async (wanted) => {
    const before = await (known ?? ask());
    return before.has(wanted) ? before : ask();
  };
}

/** @param count how many units are looked at: from a few on, one list is cheaper than many questions */
function askedView(fleet: World['fleet'], count: number): View {
  const once = <T>(ask: () => Promise<T>) => {
    let asked: Promise<T> | undefined;
    return () => {
      asked ??= ask();
      return asked;
    };
  };
  const each = <T>(ask: (name: UnitName) => Promise<T>) => {
    const answers = new Map<UnitName, Promise<T>>();
    return (name: UnitName) => {
      const answer = answers.get(name) ?? ask(name);
      answers.set(name, answer);
      return answer;
    };
  };
  const allUnits = once(async () => new Map((await fleet.units()).map((unit) => [unit.name, unit])));
  const allStates = once(async () => groupBy(await fleet.states(), ({ unit }) => unit));
  const machines = once(async () => byId(await fleet.machines()));
  if (count <= few)
    return { unit: each((name) => fleet.unit(name)), states: each((name) => fleet.states(name)), machines };
  return {
    unit: async (name) => (await allUnits()).get(name),
    states: async (name) => (await allStates()).get(name) ?? [],
    machines,
  };
}
