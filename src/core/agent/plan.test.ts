import { describe, expect, it } from 'vitest';
import { aUnit } from '../../testing/cluster.ts';
import { type Choices, everyChoice, seeded, seeds } from '../base/choices.ts';
import { by } from '../base/order.ts';
import { targetStates, type UnitHash } from '../unit/types.ts';
import { plan } from './plan.ts';
import type { DesiredUnit, PresentUnit, Task } from './types.ts';

const loaded = aUnit('a.service', { target: 'loaded' });
const launched = aUnit('a.service', { target: 'launched' });
const inactive = aUnit('a.service', { target: 'inactive' });
const here = (facts: Partial<PresentUnit> = {}): PresentUnit => ({
  name: loaded.name,
  hash: loaded.hash,
  loaded: true,
  launched: false,
  ...facts,
});
const unknown = here({ loaded: false });
const running = here({ launched: true });
const other = here({ hash: aUnit('x.service', { fleet: ['Global=true'] }).hash, launched: true });
const unreadable = here({ hash: undefined });

const unscheduled = 'unload: unit loaded but not scheduled here';
const differs = 'unload: unit loaded but hash differs to expected';
const load = 'load: unit scheduled here but not loaded';
const reload = 'reload: always reload unit files';
const start = 'start: unit currently loaded but desired state is launched';
const stop = 'stop: unit currently launched but desired state is loaded';
const say = (tasks: readonly Task[]) => tasks.map(({ kind, because }) => `${kind}: ${because}`);

describe('the tasks for one unit', () => {
  // fleet.md 4.2
  it.each<[string, DesiredUnit | undefined, PresentUnit | undefined, readonly string[]]>([
    ['unwanted and here', undefined, here(), [unscheduled, reload]],
    ['inactive and running', inactive, running, [unscheduled, reload]],
    ['inactive and not here', inactive, undefined, []],
    ['loaded and not here', loaded, undefined, [load, reload]],
    ['launched and not here', launched, undefined, [load, reload, start]],
    ['loaded and another file here', loaded, other, [differs, load, reload]],
    ['launched and another file here', launched, other, [differs, load, reload, start]],
    ['launched and an unreadable file here', launched, unreadable, [differs, load, reload, start]],
    ['loaded and loaded', loaded, here(), []],
    ['launched and running', launched, running, []],
    ['loaded and left from before', loaded, unknown, [load, reload]],
    ['loaded and left from before, running', loaded, here({ loaded: false, launched: true }), [load, reload]],
    ['launched and left from before', launched, unknown, [load, reload, start]],
    ['launched and loaded', launched, here(), [start]],
    ['loaded and running', loaded, running, [stop]],
  ])('%s', (_situation, desired, present, tasks) => {
    expect(say(plan(desired ? [desired] : [], present ? [present] : []))).toEqual(tasks);
  });
});

describe('the tasks of a pass', () => {
  it('come by kind and then by name, with one reload for all', () => {
    const units = ['d.service', 'b.service', 'c.service', 'a.service'].map((name) => aUnit(name));
    const gone = ['z.service', 'y.service'].map((name) => here({ name: aUnit(name).name }));
    expect(plan(units, gone).map((task) => `${task.kind} ${'unit' in task ? task.unit : ''}`.trim())).toEqual([
      'unload y.service',
      'unload z.service',
      'load a.service',
      'load b.service',
      'load c.service',
      'load d.service',
      'reload',
      'start a.service',
      'start b.service',
      'start c.service',
      'start d.service',
    ]);
  });

  it('bring the file along', () => {
    expect(plan([launched], [])[0]).toMatchObject({ kind: 'load', file: launched.file, hash: launched.hash });
  });
});

describe('whatever is desired and present', () => {
  const hashes = [loaded.hash, other.hash as UnitHash, undefined];
  const anyWorld = (choices: Choices, count: number) => {
    const units = Array.from({ length: count }, (_, index) => aUnit(`u${index}.service`));
    return {
      desired: choices.someOf(units).map((unit) => ({ ...unit, target: choices.oneOf(targetStates) })),
      present: choices.someOf(units).map(({ name }) => ({
        name,
        hash: choices.oneOf(hashes),
        loaded: choices.chance(1, 2),
        launched: choices.chance(1, 2),
      })),
    };
  };

  /** What a machine looks like after all tasks succeeded. */
  const carriedOut = (present: readonly PresentUnit[], tasks: readonly Task[]): readonly PresentUnit[] => {
    const machine = new Map(present.map((unit) => [unit.name, unit]));
    for (const task of tasks) {
      if (task.kind === 'unload') machine.delete(task.unit);
      if (task.kind === 'load') {
        const launchedBefore = machine.get(task.unit)?.launched ?? false;
        machine.set(task.unit, { name: task.unit, hash: task.hash, loaded: true, launched: launchedBefore });
      }
      if (task.kind === 'stop' || task.kind === 'start') {
        const unit = machine.get(task.unit);
        expect(unit?.loaded, `${task.kind} of a unit that is not loaded`).toBe(true);
        if (unit) machine.set(task.unit, { ...unit, launched: task.kind === 'start' });
      }
    }
    return [...machine.values()].sort(by(({ name }) => name));
  };

  const law = (choices: Choices, count: number) => {
    const { desired, present } = anyWorld(choices, count);
    const once = carriedOut(present, plan(desired, present));
    const twice = carriedOut(once, plan(desired, once));
    const wanted = desired
      .filter(({ target }) => target !== 'inactive')
      .map(({ name, hash, target }) => ({ name, hash, loaded: true, launched: target === 'launched' }));
    // A running unit left from an earlier run is first made known and then, if so desired, stopped.
    expect(twice).toEqual(wanted);
    expect(plan(desired, twice)).toEqual([]);
  };

  it('carrying out the plans makes it so, for every situation of one unit', () => {
    expect(everyChoice((choices) => law(choices, 1))).toBe(4 * 13);
  });

  it.each(seeds(200))('carrying out the plans makes it so (seed %i)', (seed) => law(seeded(seed), 8));
});
