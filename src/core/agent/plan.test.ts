import { describe, expect, it } from 'vitest';
import { hashOf, parseUnitFile } from '../unit/file.ts';
import { unitName } from '../unit/name.ts';
import type { TargetState } from '../unit/types.ts';
import { plan } from './plan.ts';
import type { DesiredUnit, PresentUnit } from './types.ts';

const file = parseUnitFile('[Service]\nExecStart=/bin/true\n');
const otherHash = hashOf(parseUnitFile('[Service]\nExecStart=/bin/false\n'));

const wanted = (target: TargetState, name = 'a.service'): DesiredUnit => ({
  name: unitName(name),
  file,
  hash: hashOf(file),
  target,
});
const here = (facts: Partial<PresentUnit> = {}, name = 'a.service'): PresentUnit => ({
  name: unitName(name),
  hash: hashOf(file),
  loaded: true,
  launched: false,
  ...facts,
});
const kinds = (desired: readonly DesiredUnit[], present: readonly PresentUnit[]) =>
  plan(desired, present).map(({ kind }) => kind);

describe('plan, one unit', () => {
  it.each([
    { when: 'neither wanted nor here', desired: [], present: [], tasks: [] },
    { when: 'not wanted but here', desired: [], present: [here()], tasks: ['unload', 'reload'] },
    { when: 'wanted inactive but here', desired: [wanted('inactive')], present: [here()], tasks: ['unload', 'reload'] },
    { when: 'wanted loaded and not here', desired: [wanted('loaded')], present: [], tasks: ['load', 'reload'] },
    {
      when: 'wanted launched and not here',
      desired: [wanted('launched')],
      present: [],
      tasks: ['load', 'reload', 'start'],
    },
    {
      when: 'another file',
      desired: [wanted('launched')],
      present: [here({ hash: otherHash, launched: true })],
      tasks: ['unload', 'load', 'reload', 'start'],
    },
    {
      when: 'a file nobody can read',
      desired: [wanted('loaded')],
      present: [here({ hash: undefined })],
      tasks: ['unload', 'load', 'reload'],
    },
    {
      when: 'a file that systemd does not know',
      desired: [wanted('launched')],
      present: [here({ loaded: false })],
      tasks: ['load', 'reload', 'start'],
    },
    { when: 'loaded as wanted', desired: [wanted('loaded')], present: [here()], tasks: [] },
    {
      when: 'running as wanted, from before a restart',
      desired: [wanted('launched')],
      present: [here({ launched: true })],
      tasks: [],
    },
    { when: 'loaded, to be launched', desired: [wanted('launched')], present: [here()], tasks: ['start'] },
    {
      when: 'launched, to be only loaded',
      desired: [wanted('loaded')],
      present: [here({ launched: true })],
      tasks: ['stop'],
    },
  ])('$when: $tasks', ({ desired, present, tasks }) => {
    expect(kinds(desired, present)).toEqual(tasks);
  });
});

describe('plan, several units', () => {
  it('orders by kind, then by name, with one reload between loads and stops', () => {
    const desired = [wanted('launched', 'd.service'), wanted('launched', 'b.service'), wanted('loaded', 'c.service')];
    const present = [here({ launched: true }, 'c.service'), here({}, 'z.service'), here({}, 'a.service')];
    expect(plan(desired, present).map((task) => [task.kind, 'unit' in task ? task.unit : ''])).toEqual([
      ['unload', 'a.service'],
      ['unload', 'z.service'],
      ['load', 'b.service'],
      ['load', 'd.service'],
      ['reload', ''],
      ['stop', 'c.service'],
      ['start', 'b.service'],
      ['start', 'd.service'],
    ]);
  });
});
