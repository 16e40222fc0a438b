/** Units are submitted through the fleet API, and waited for. */
import type { ApiUnit } from '../../../core/api/entities.ts';
import type { UnitFailed } from '../../../core/errors/devcluster.ts';
import type { MachineId } from '../../../core/machine/types.ts';
import { hashOf, parseUnitFile, type TargetState, targetStates, unitName } from '../../../core/unit/index.ts';
import type { FleetApi } from '../../../ports/fleet-api/index.ts';
import type { UnitText } from '../cluster-files.ts';
import { insist, untilFleet } from './fleet-waits.ts';
import type { Look, Wait } from './patience.ts';

export interface Submitted {
  /** Created, changed or told to go further. */
  readonly changed: readonly string[];
  /** Submitted earlier with another text, and left alone: whoever runs them must agree to a change. */
  readonly different: readonly string[];
}

/**
 * Brings units at least as far as wanted; none is stopped or taken back. Trouble that passes is waited out.
 *
 * @param replace whether a unit with another text is replaced: only for the units that are the tool's own
 */
export async function submitUnits(
  wait: Wait,
  api: FleetApi,
  wanted: readonly UnitText[],
  replace: boolean,
): Promise<Submitted> {
  if (wanted.length === 0) return { changed: [], different: [] };
  const present = new Map((await insist(wait, () => api.units())).map((unit) => [String(unit.name), unit]));
  const changed: string[] = [];
  const different: string[] = [];
  await Promise.all(
    wanted.map(async ({ name: text, text: content, target }) => {
      const name = unitName(text);
      const file = parseUnitFile(content);
      const before = present.get(name);
      const isSame = before !== undefined && hashOf(before.options) === hashOf(file);
      if (before !== undefined && !isSame) {
        if (!replace) {
          different.push(name);
          return;
        }
        await insist(wait, () => api.removeUnit(name));
      }
      if (!isSame) await insist(wait, () => api.putUnit(name, file));
      const reached: TargetState = isSame ? before.desired : 'inactive';
      const isFurther = targetStates.indexOf(target) > targetStates.indexOf(reached);
      if (isFurther) await insist(wait, () => api.setTarget(name, target));
      if (!isSame || isFurther) changed.push(name);
    }),
  );
  return { changed: changed.toSorted(), different: different.toSorted() };
}

/** Whether `submitUnits` would leave this unit alone; a different text of a unit that was submitted counts as wanted. */
export function isAsWanted(present: readonly ApiUnit[], { name, target }: UnitText): boolean {
  const unit = present.find((candidate) => candidate.name === name);
  return unit !== undefined && targetStates.indexOf(unit.desired) >= targetStates.indexOf(target);
}

/** Where one unit is. */
export interface Sighting {
  readonly unit: string;
  readonly machine: MachineId;
}

/** Reads the journal of a unit that failed. */
export type Diagnose = (sighting: Sighting) => Promise<InstanceType<typeof UnitFailed>>;

/** Waits until each unit is active on every one of these machines. @throws {UnitFailed} */
export const untilEverywhere = (
  wait: Wait,
  api: FleetApi,
  units: readonly string[],
  machines: readonly MachineId[],
  diagnose: Diagnose,
): Promise<void> =>
  untilFleet(wait, api, async () => {
    const states = await api.states();
    const missing: Sighting[] = [];
    for (const unit of units) {
      for (const machine of machines) {
        const state = states.find((candidate) => candidate.unit === unit && candidate.machine === machine);
        if (state?.active === 'failed') throw await diagnose({ unit, machine });
        if (state?.active !== 'active') missing.push({ unit, machine });
      }
    }
    return sightOf(missing.map(({ unit, machine }) => `${unit} is not active on ${machine.slice(0, 8)}…`));
  });

/** Waits until each unit is active somewhere. @throws {UnitFailed} */
export const untilSomewhere = (
  wait: Wait,
  api: FleetApi,
  units: readonly string[],
  diagnose: Diagnose,
): Promise<void> =>
  untilFleet(wait, api, async () => {
    const states = await api.states();
    const missing: string[] = [];
    for (const unit of units) {
      const own = states.filter((state) => state.unit === unit);
      if (own.some(({ active }) => active === 'active')) continue;
      const failed = own.find(({ active }) => active === 'failed');
      if (failed !== undefined) throw await diagnose({ unit, machine: failed.machine });
      missing.push(own[0] === undefined ? `${unit} is not scheduled` : `${unit} is ${own[0].active}`);
    }
    return sightOf(missing);
  });

const sightOf = (missing: readonly string[]): Look<void> =>
  missing.length === 0 ? { value: undefined } : { seen: missing.join(', ') };
