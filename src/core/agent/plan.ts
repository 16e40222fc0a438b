/** From what must be here and what is here to ordered tasks. @see fleet.md 4.2 */
import { compareText } from '../base/order.ts';
import type { UnitName } from '../unit/types.ts';
import type { DesiredUnit, PresentUnit, Task } from './types.ts';

/** Tasks of a kind are carried out together, in this order. */
const order = ['unload', 'load', 'reload', 'stop', 'start'] as const satisfies readonly Task['kind'][];

/**
 * Decides what is to be done: all unloads, then all loads, then one reload where either happened, then stops, then
 * starts, each by unit name. A unit that is as it must be, running ones from before a restart included, yields nothing.
 */
export function plan(desired: readonly DesiredUnit[], present: readonly PresentUnit[]): readonly Task[] {
  const wanted = new Map(desired.filter(({ target }) => target !== 'inactive').map((unit) => [unit.name, unit]));
  const here = new Map(present.map((unit) => [unit.name, unit]));
  const names = [...new Set<UnitName>([...wanted.keys(), ...here.keys()])].sort(compareText);
  const tasks = names.flatMap((name) => tasksFor(name, wanted.get(name), here.get(name)));
  if (tasks.some(({ kind }) => kind === 'unload' || kind === 'load'))
    tasks.push({ kind: 'reload', because: 'always reload unit files' });
  return order.flatMap((kind) => tasks.filter((task) => task.kind === kind));
}

function tasksFor(unit: UnitName, wanted: DesiredUnit | undefined, here: PresentUnit | undefined): Task[] {
  if (wanted === undefined)
    return here === undefined ? [] : [{ kind: 'unload', unit, because: 'unit loaded but not scheduled here' }];
  const { file, hash, target } = wanted;
  const load: Task = { kind: 'load', unit, file, hash, because: 'unit scheduled here but not loaded' };
  const start: Task = { kind: 'start', unit, because: 'unit currently loaded but desired state is launched' };
  const afresh: Task[] = target === 'launched' ? [load, start] : [load];
  if (here === undefined) return afresh;
  if (here.hash !== hash)
    return [{ kind: 'unload', unit, because: 'unit loaded but hash differs to expected' }, ...afresh];
  if (!here.loaded) return here.launched && target === 'launched' ? [load] : afresh;
  if (target === 'launched') return here.launched ? [] : [start];
  return here.launched ? [{ kind: 'stop', unit, because: 'unit currently launched but desired state is loaded' }] : [];
}
