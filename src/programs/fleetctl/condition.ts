/** How a unit fares on a machine that it belongs on, in words, and which command tells or does more. */
import type { ApiUnit, ApiUnitState } from '../../core/api/entities.ts';
import { progressOf } from '../../core/api/progress.ts';
import { hashOf, isGlobal } from '../../core/unit/index.ts';

export interface Condition {
  /** The rest of a sentence that begins with the unit and its machine. */
  readonly text: string;
  /** Commands; none when all is well. */
  readonly next: readonly string[];
}

/** @param state what that machine reports; undefined when it reports nothing */
export function conditionOf(unit: ApiUnit, machine: string, state: ApiUnitState | undefined): Condition {
  const { name, options, desired } = unit;
  if (state === undefined) {
    return { text: 'which has not reported it yet', next: [journalOn(machine, 'fleet')] };
  }
  // fleetctl has no way to the journal of a global unit but this machine's own.
  const journal = isGlobal(options, name) ? journalOn(machine, name) : `fleetctl journal ${name}`;
  const status = `fleetctl status ${name}`;
  const words = `${state.active}/${state.sub}`;
  // Not every server tells the hash.
  if (state.hash !== '' && state.hash !== hashOf(options)) {
    return { text: `where an older file of it is still ${words}`, next: [`fleetctl watch ${name}`] };
  }
  const progress = progressOf(state);
  if (progress === 'unknown') {
    return { text: `where systemd could not load it (${state.load})`, next: [status] };
  }
  if (desired !== 'launched') {
    if (progress === 'active' || progress === 'starting' || progress === 'stopping') {
      return { text: `where it is about to be stopped (${words})`, next: [`fleetctl watch ${name}`] };
    }
    const asked = 'loaded and not started, as was asked for';
    return { text: `${asked} (${words})`, next: [`fleetctl start ${name}`] };
  }
  switch (progress) {
    case 'active':
      return { text: `and ${words} there`, next: [] };
    case 'starting':
      return { text: `where it is still starting (${words})`, next: [journal] };
    case 'stopping':
      return { text: `where it is stopping (${words})`, next: [journal] };
    case 'ended':
      return { text: `where it was started and has ended (${words})`, next: [journal, status] };
    case 'failed':
      return state.active === 'activating'
        ? { text: `where it fails and is started again and again (${words})`, next: [journal, status] }
        : { text: `where it failed (${words})`, next: [journal, status] };
    default:
      return progress satisfies never;
  }
}

const journalOn = (machine: string, unit: string): string =>
  `fleetctl ssh --machine ${machine.slice(0, 8)} -- journalctl -u ${unit} -n 20`;
