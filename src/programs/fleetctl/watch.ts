/**
 * Looks at the cluster again after every change of it, until there is to be seen what is waited for. Wakes by the API's
 * stream of changes; where there is none, or it broke, by the clock, as fleet's own client does.
 */
import type { ApiUnit, ApiUnitState } from '../../core/api/entities.ts';
import { type Millis, ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { UnitName } from '../../core/unit/types.ts';
import { few } from './look-up.ts';
import { byId, type MachinesById } from './places.ts';
import type { World } from './world.ts';

/** How often to look at a server that tells nothing by itself. @see fleet.md section 10 */
export const pollEvery = ms(250);

/**
 * How long to leave the server alone after a look at all of its units: a look costs the more, the more there are, and takes
 * the time of the very processes that it waits for.
 */
const breather = (looking: number): Millis => ms(Math.min(20 + looking, 70));

/** What can be seen at one moment; asking twice costs one request. */
export interface View {
  unit(name: UnitName): Promise<ApiUnit | undefined>;
  states(name: UnitName): Promise<readonly ApiUnitState[]>;
  machines(): Promise<MachinesById>;
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

export function watchCluster(world: Pick<World, 'fleet' | 'clock' | 'log'>): Watch {
  const { fleet, clock, log } = world;
  const stop = new AbortController();
  const sleepers = new Set<() => void>();
  let looking = 0;
  let view = viewOf(fleet, () => looking);
  let complaint = '';

  const changed = () => {
    view = viewOf(fleet, () => looking);
    for (const wake of [...sleepers]) wake();
  };

  const followChanges = async () => {
    try {
      for await (const _ of (await fleet.changes(stop.signal)) ?? []) {
        changed();
        // Many units change many times; the stream merges what comes while we don't listen.
        if (looking > few) await clock.sleep(breather(looking), stop.signal);
      }
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      log.debug(`No stream of changes: ${cause.message}`);
    }
    while (!stop.signal.aborted) {
      await clock.sleep(pollEvery, stop.signal);
      changed();
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
  const look = async <T>(ask: (view: View) => Promise<T | undefined>, over: AbortSignal): Promise<T | undefined> => {
    try {
      return await ask(view);
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      if (complaint !== cause.message) log.warn(`${cause.message}; asking again`);
      complaint = cause.message;
      await clock.sleep(pollEvery, over);
      changed();
      return undefined;
    }
  };

  let following: Promise<void> | undefined;
  return {
    async until(ask, within) {
      following ??= followChanges();
      const over = new AbortController();
      if (within !== undefined) void clock.sleep(within, over.signal).then(() => over.abort());
      looking++;
      try {
        for (;;) {
          const seen = view;
          const answer = await look(ask, over.signal);
          if (answer !== undefined) return answer;
          if (over.signal.aborted) return undefined;
          // A change that came while we looked made another view: look at that first.
          if (view === seen) await nextChange(over.signal);
        }
      } finally {
        looking--;
        over.abort();
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
    },
  };
}

/** @param looking how many look: from a few on, one list is cheaper than many questions */
function viewOf(fleet: World['fleet'], looking: () => number): View {
  const units = new Map<UnitName, Promise<ApiUnit | undefined>>();
  const states = new Map<UnitName, Promise<readonly ApiUnitState[]>>();
  const once = <T>(ask: () => Promise<T>) => {
    let asked: Promise<T> | undefined;
    return () => {
      asked ??= ask();
      return asked;
    };
  };
  const remembered = <Key, T>(known: Map<Key, Promise<T>>, key: Key, ask: () => Promise<T>): Promise<T> => {
    const answer = known.get(key) ?? ask();
    known.set(key, answer);
    return answer;
  };
  const allUnits = once(async () => new Map((await fleet.units()).map((unit) => [unit.name, unit])));
  const allStates = once(() => fleet.states());
  const machines = once(async () => byId(await fleet.machines()));
  return {
    unit: (name) =>
      remembered(units, name, () => (looking() > few ? allUnits().then((all) => all.get(name)) : fleet.unit(name))),
    states: (name) =>
      remembered(states, name, () =>
        looking() > few ? allStates().then((all) => all.filter(({ unit }) => unit === name)) : fleet.states(name),
      ),
    machines,
  };
}
