import { describe, expect, it } from 'vitest';
import { type Layer, planLayers, type Situation } from './plan.ts';

const base: Layer = { chain: 'base', folder: 'golden-base' };
const redis: Layer = { chain: 'redis', parent: 'base', folder: 'golden-redis' };
const ownBase: Layer = { chain: 'base', folder: 'own-base' };
const ownTop: Layer = { chain: 'own', parent: 'redis', folder: 'own-top' };

const aSituation = (facts: Partial<Situation>): Situation => ({
  golden: [base, redis],
  present: [],
  shared: new Set(),
  installed: false,
  ...facts,
});
const sharing = (...folders: string[]) => folders.map((folder) => ({ from: folder, to: folder }));

describe('the plan for a machine’s layers', () => {
  it('adds and shares everything on a machine whose engine was never used', () => {
    expect(planLayers(aSituation({}))).toEqual({
      add: [base, redis],
      share: sharing('golden-base', 'golden-redis'),
      forget: [],
    });
  });

  it('adds a layer after the one it stands on, however they are listed', () => {
    expect(planLayers(aSituation({ golden: [redis, base] })).add).toEqual([base, redis]);
  });

  it('only shares again after a reboot', () => {
    const rebooted = aSituation({
      present: [base, redis],
      shared: new Set(['golden-base', 'golden-redis']),
      installed: true,
    });
    expect(planLayers(rebooted)).toEqual({ add: [], share: sharing('golden-base', 'golden-redis'), forget: [] });
  });

  it('leaves out what somebody removed since', () => {
    const removed = aSituation({ present: [base], shared: new Set(['golden-base']), installed: true });
    expect(planLayers(removed)).toEqual({ add: [], share: sharing('golden-base'), forget: [] });
  });

  it('keeps a layer that the machine pulled itself', () => {
    expect(planLayers(aSituation({ present: [ownBase] }))).toEqual({
      add: [redis],
      share: sharing('golden-redis'),
      forget: [],
    });
  });

  it('takes the content of a known layer from another volume under the folder that the machine knows', () => {
    const next = aSituation({
      golden: [{ chain: 'base', folder: 'next-base' }],
      present: [base],
      shared: new Set(['golden-base']),
    });
    expect(planLayers(next).share).toEqual([{ from: 'next-base', to: 'golden-base' }]);
  });

  it('forgets layers whose content went with their volume, and what stands on them', () => {
    const replaced = aSituation({
      golden: [base],
      present: [ownTop, redis, base],
      shared: new Set(['golden-base', 'golden-redis']),
    });
    expect(planLayers(replaced)).toEqual({ add: [], share: sharing('golden-base'), forget: [redis, ownTop] });
  });

  it('adds again what it forgets, when the volume has it', () => {
    const newer: Layer = { chain: 'own', parent: 'redis', folder: 'next-top' };
    const replaced = aSituation({
      golden: [newer],
      present: [redis, ownTop],
      shared: new Set(['golden-redis']),
    });
    expect(planLayers(replaced)).toEqual({ add: [newer], share: sharing('next-top'), forget: [redis, ownTop] });
  });
});
