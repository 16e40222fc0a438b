/** `fleetctl watch`: a line for each change of the cluster. */
import { type Difference, differences, type Look, type Subject } from '../../core/api/differences.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { mangle, shortHash } from '../../core/unit/index.ts';
import type { Invocation } from './command.ts';
import type { watchFlags } from './commands/watch.ts';
import { fail } from './failing.ts';
import { followCluster } from './follow-cluster.ts';
import { orDash } from './listing.ts';
import { printDate } from './log.ts';
import { byId, type MachinesById, placeOf } from './places.ts';
import type { World } from './world.ts';

/** What came before we looked is `present`. */
type What = Difference['what'] | 'present';

export async function runWatch({ flags, args }: Invocation<typeof watchFlags>, world: World): Promise<number> {
  const { io, clock } = world;
  const names = new Set(args.map(mangle));
  const isAskedFor = ({ subject }: Difference) =>
    names.size === 0 || (subject.kind !== 'machine' && names.has(subject.unit));
  let before: Look | undefined;
  let lost = false;
  try {
    await followCluster(world, world.interrupted(), {
      look(now) {
        if (lost) io.err('Connected again.');
        lost = false;
        // A machine that is gone is still called by the address that it had.
        const machines = new Map([...byId(before?.machines ?? []), ...byId(now.machines)]);
        const found = before === undefined && flags.changesOnly ? [] : differences(before, now).filter(isAskedFor);
        for (const difference of found) {
          const what = before === undefined ? 'present' : difference.what;
          if (flags.output === 'json') io.out(jsonLine(what, difference, clock.date()));
          else io.out(`${printDate(clock.date())}\t${tell(what, difference, machines, flags.full)}`);
        }
        before = now;
      },
      lost(trouble) {
        if (before === undefined) throw trouble;
        if (!lost) io.err(`Lost the connection to the cluster, trying again: ${trouble.message}`);
        lost = true;
      },
    });
    return 0;
  } catch (cause) {
    return fail(io, cause, (why) => `Error watching the cluster: ${why}`);
  }
}

/** `from` and `to` are texts of one fact, or all facts of what came or went. */
function jsonLine(what: What, difference: Difference, time: Date): string {
  const { kind, ...subject } = difference.subject;
  const change =
    difference.what === 'changed'
      ? { field: difference.field, from: difference.from, to: difference.to }
      : difference.what === 'gone'
        ? { from: difference.facts, to: null }
        : { from: null, to: difference.facts };
  return JSON.stringify({ time: time.toISOString(), kind, ...subject, change: what, ...change });
}

function tell(what: What, difference: Difference, machines: MachinesById, full: boolean): string {
  const show = (field: string, value: string): string => {
    if (field === 'hash' && !full) return orDash(shortHash(value));
    if (field === 'target' && value !== '' && value !== 'global') return placeOf(value as MachineId, machines, full);
    return orDash(value);
  };
  const who = tellSubject(difference.subject, machines, full);
  if (difference.what === 'changed') {
    const { field, from, to } = difference;
    return `${who}\t${field}\t${show(field, from)} -> ${show(field, to)}`;
  }
  const facts = Object.entries(difference.facts).map(([field, value]) => `${field} ${show(field, value)}`);
  return `${who}\t${what}\t${facts.join(', ')}`;
}

function tellSubject(subject: Subject, machines: MachinesById, full: boolean): string {
  switch (subject.kind) {
    case 'machine':
      return `machine ${placeOf(subject.machine, machines, full)}`;
    case 'unit':
      return `unit ${subject.unit}`;
    case 'systemd':
      return `unit ${subject.unit} on ${placeOf(subject.machine, machines, full)}`;
    default:
      return subject satisfies never;
  }
}
