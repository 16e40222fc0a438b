/** Publishes what systemd says about this machine's units, as its signals tell it. @see fleet.md 4.6, and 9 point 6 */
import { ms } from '../../core/base/time.ts';
import type { UnitState } from '../../core/cluster/types.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { MachineId } from '../../core/machine/types.ts';
import type { UnitHash, UnitName } from '../../core/unit/types.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Membership } from '../../ports/registry/index.ts';
import type { ManagedUnit, UnitManager } from '../../ports/unit-manager/index.ts';
import { Bell } from './bell.ts';

export interface PublisherWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly units: UnitManager;
}

const retryAfter = ms(250);

/**
 * Publishes every unit once and then what changes, until `stop` aborts. Changes that come during a write share the next
 * one, so that a burst costs few writes and the first of it none of the others' time.
 */
export async function runPublisher(
  { clock, log, units }: PublisherWorld,
  membership: Membership,
  me: MachineId,
  stop: AbortSignal,
): Promise<void> {
  const bell = new Bell();
  const published = new Map<UnitName, string>();
  let changed = new Set<UnitName>(units.units().map(({ name }) => name));
  bell.ring();

  const follow = async () => {
    for await (const names of units.changes(stop)) {
      for (const name of names) changed.add(name);
      bell.ring();
    }
  };
  const publish = async () => {
    for await (const _ring of bell.rings(stop)) {
      const names = changed;
      changed = new Set();
      const known = new Map(units.units().map((unit) => [unit.name, unit]));
      const states: UnitState[] = [];
      const retract: UnitName[] = [];
      for (const name of names) {
        const state = stateOf(known.get(name), me);
        const text = state && JSON.stringify(state);
        if (text === published.get(name)) continue;
        if (state === undefined) retract.push(name);
        else states.push(state);
      }
      if (states.length === 0 && retract.length === 0) continue;
      try {
        await membership.publish(states, retract);
        for (const state of states) published.set(state.unit, JSON.stringify(state));
        for (const name of retract) published.delete(name);
      } catch (cause) {
        if (!(cause instanceof OperatingError)) throw cause;
        if (!stop.aborted) log.warn('UnitStatePublisher could not publish:', { units: names.size, err: cause });
        for (const name of names) changed.add(name);
        await clock.sleep(retryAfter, stop);
        bell.ring();
      }
    }
  };
  await Promise.all([follow(), publish()]);
}

/** A unit whose file is not ours any more has no hash, and no state worth publishing. */
function stateOf(unit: ManagedUnit | undefined, machine: MachineId): UnitState | undefined {
  if (unit?.hash === undefined) return undefined;
  const { name, hash, load, active, sub, launched } = unit;
  return { unit: name, machine, hash: hash as UnitHash, load, active, sub, launched };
}
