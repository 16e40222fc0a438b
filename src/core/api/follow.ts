/**
 * Following units, an extension of fleet's API: a response that never ends, one line with all that there is to know about
 * the units and one after every change of it, with what is new. A client that gets 404 talks to fleet's own daemon and
 * must ask again and again.
 */
import type { Snapshot } from '../cluster/types.ts';
import type { MachineId } from '../machine/types.ts';
import type { UnitName } from '../unit/types.ts';
import {
  type ApiUnit,
  type ApiUnitState,
  decodeUnit,
  decodeUnitState,
  encodeUnit,
  encodeUnitState,
} from './entities.ts';
import { compact, listField, printJson, requireObject, textField } from './json.ts';
import { unitParameter } from './state-filter.ts';
import { only, statesOf, unitsOf } from './views.ts';

/** What is new since the news before. */
export interface UnitNews {
  /** Units that came or changed, as lists show them. */
  readonly units: readonly ApiUnit[];
  readonly removed: readonly UnitName[];
  /** States that came or changed. */
  readonly states: readonly ApiUnitState[];
  readonly retracted: readonly Pick<ApiUnitState, 'unit' | 'machine'>[];
}

/** Tells one follower what is new to it. */
export class Teller {
  readonly #names: ReadonlySet<UnitName> | undefined;
  #units = new Map<UnitName, ApiUnit>();
  #states = new Map<string, ApiUnitState>();
  #begun = false;

  /** @param names of the units that it asks about; all when there are none */
  constructor(names: Iterable<UnitName>) {
    const asked = new Set(names);
    this.#names = asked.size === 0 ? undefined : asked;
  }

  /** @returns undefined when nothing is new; never at the first time */
  newsOf(snapshot: Snapshot): UnitNews | undefined {
    const asked = this.#names === undefined ? snapshot : only(snapshot, this.#names);
    return this.newsAmong(unitsOf(asked), statesOf(asked));
  }

  /** @param allUnits and `allStates`: as lists show them, those that it asks about at least */
  newsAmong(allUnits: readonly ApiUnit[], allStates: readonly ApiUnitState[]): UnitNews | undefined {
    const units = new Map(allUnits.map((unit) => [unit.name, unit]));
    const states = new Map(allStates.map((state) => [`${state.unit} ${state.machine}`, state]));
    const news: UnitNews = {
      units: [...units.values()].filter((unit) => !isSameUnit(unit, this.#units.get(unit.name))),
      removed: [...this.#units.keys()].filter((name) => !units.has(name)),
      states: [...states]
        .filter(([key, state]) => !isSameState(state, this.#states.get(key)))
        .map(([, state]) => state),
      retracted: [...this.#states]
        .filter(([key]) => !states.has(key))
        .map(([, { unit, machine }]) => ({ unit, machine })),
    };
    this.#units = units;
    this.#states = states;
    const first = !this.#begun;
    this.#begun = true;
    return first || Object.values(news).some((list) => list.length > 0) ? news : undefined;
  }
}

/** Files are compared by identity: whoever keeps snapshots keeps them. */
const isSameUnit = (a: ApiUnit, b: ApiUnit | undefined): boolean =>
  a.options === b?.options && a.desired === b.desired && a.current === b.current && a.machine === b.machine;

const isSameState = (a: ApiUnitState, b: ApiUnitState | undefined): boolean =>
  a === b || (a.hash === b?.hash && a.load === b.load && a.active === b.active && a.sub === b.sub);

/** One line. */
export const encodeNews = ({ units, removed, states, retracted }: UnitNews): string =>
  `${printJson(
    compact({
      units: units.map(encodeUnit),
      removed,
      states: states.map(encodeUnitState),
      retracted: retracted.map(({ unit, machine }) => ({ machineID: machine, name: unit })),
    }),
  )}\n`;

/** @throws {TypeError} */
export function decodeNews(json: unknown): UnitNews {
  const news = requireObject(json, 'news of units');
  return {
    units: listField(news, 'units').map(decodeUnit),
    removed: listField(news, 'removed').map((name) => String(name) as UnitName),
    states: listField(news, 'states').map(decodeUnitState),
    retracted: listField(news, 'retracted').map((entry) => {
      const state = requireObject(entry, 'a retracted state');
      return { unit: textField(state, 'name') as UnitName, machine: textField(state, 'machineID') as MachineId };
    }),
  };
}

/** So many characters of a query are sure to fit into a request line. */
const longestQuery = 4_096;

/** @returns the query that asks about these units; about all when it would be too long */
export function followQuery(names: readonly UnitName[]): string {
  const query = String(new URLSearchParams(names.map((name): [string, string] => [unitParameter, name])));
  return query.length > longestQuery ? '' : query;
}
