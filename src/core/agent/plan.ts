/** What an agent has to do so that what is present becomes what is desired. @see fleet.md 4.2 */
import { by } from '../base/order.ts';
import type { DesiredUnit, PresentUnit, Task } from './types.ts';

type UnitTask = Exclude<Task, { kind: 'reload' }>;

/** The order of a pass; inside a kind, tasks come by unit name. */
const order = ['unload', 'load', 'reload', 'stop', 'start'] as const satisfies readonly Task['kind'][];

/**
 * The tasks that turn what is present into what is desired, in the order in which they must be carried out: unloads,
 * loads, one reload if there were any, stops, starts.
 */
export function plan(desired: Iterable<DesiredUnit>, present: Iterable<PresentUnit>): readonly Task[] {
  const wanted = new Map([...desired].map((unit) => [unit.name, unit]));
  const here = new Map([...present].map((unit) => [unit.name, unit]));
  const tasks: Task[] = [...new Set([...wanted.keys(), ...here.keys()])].flatMap((name) =>
    unitTasks(wanted.get(name), here.get(name)),
  );
  if (tasks.some(({ kind }) => kind === 'unload' || kind === 'load'))
    tasks.push({ kind: 'reload', because: 'always reload unit files' });
  return tasks.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || byUnit(a, b));
}

const byUnit = by<Task>((task) => ('unit' in task ? task.unit : ''));

function unitTasks(desired: DesiredUnit | undefined, present: PresentUnit | undefined): readonly UnitTask[] {
  if (desired === undefined || desired.target === 'inactive')
    return present === undefined
      ? []
      : [{ kind: 'unload', unit: present.name, because: 'unit loaded but not scheduled here' }];

  const { name: unit, file, hash, target } = desired;
  const load: UnitTask = { kind: 'load', unit, file, hash, because: 'unit scheduled here but not loaded' };
  const startMaybe: readonly UnitTask[] =
    target === 'launched'
      ? [{ kind: 'start', unit, because: 'unit currently loaded but desired state is launched' }]
      : [];

  if (present === undefined) return [load, ...startMaybe];
  if (present.hash !== hash)
    return [{ kind: 'unload', unit, because: 'unit loaded but hash differs to expected' }, load, ...startMaybe];
  // Left from an earlier run and unknown to systemd. If it should only be loaded it is loaded, even when it runs:
  // stopping is for units that this cluster was told to stop.
  if (!present.loaded) return [load, ...startMaybe];
  if (target === 'launched') return present.launched ? [] : startMaybe;
  return present.launched
    ? [{ kind: 'stop', unit, because: 'unit currently launched but desired state is loaded' }]
    : [];
}
