import { describe, expect, it } from 'vitest';
import { parsePath, paths } from './paths.ts';

describe('paths of the API', () => {
  it.each([
    ['/fleet/v1/units', { kind: 'units' }],
    ['/v1-alpha/units', { kind: 'units' }],
    ['/fleet/v1/units/a.service', { kind: 'unit', name: 'a.service' }],
    ['/fleet/v1/units/a%401.service', { kind: 'unit', name: 'a@1.service' }],
    ['/fleet/v1/state', { kind: 'states' }],
    ['/fleet/v1/state/a.service', { kind: 'state', name: 'a.service' }],
    ['/fleet/v1/machines', { kind: 'machines' }],
    ['/fleet/v1/discovery', { kind: 'discovery' }],
    ['/fleet/v1/changes', { kind: 'changes' }],
    ['/fleet/v1/batch', { kind: 'batch' }],
    ['/', { kind: 'root' }],
    ['/fleet/v1', { kind: 'root' }],
    ['/v1-alpha', { kind: 'root' }],
  ])('%s names its resource', (path, resource) => {
    expect(parsePath(path)).toEqual(resource);
  });

  it.each([
    '/fleet/v1/',
    '/fleet/v1/units/',
    '/fleet/v1/units/a/b',
    '/fleet/v1/units/a%2Fb',
    '/fleet/v1/machines/',
    '/fleet/v1/machines/x',
    '/fleet/v1/nothing',
    '/fleet/v2/units',
    '/units',
  ])('%s names nothing', (path) => {
    expect(parsePath(path)).toBeUndefined();
  });

  it('are found again from what they were made for', () => {
    expect(parsePath(paths.unit('a@b\\x2d.service'))).toEqual({ kind: 'unit', name: 'a@b\\x2d.service' });
    expect(parsePath(paths.state('a.service'))).toEqual({ kind: 'state', name: 'a.service' });
    expect(parsePath(paths.changes)).toEqual({ kind: 'changes' });
  });

  it('keep a stray percent sign, so that the name check can show it', () => {
    expect(parsePath('/fleet/v1/units/a%.service')).toEqual({ kind: 'unit', name: 'a%.service' });
  });
});
