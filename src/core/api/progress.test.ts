import { expect, it } from 'vitest';
import { progressOf } from './progress.ts';

it.each([
  ['loaded', 'active', 'running', 'active'],
  ['loaded', 'active', 'exited', 'active'],
  ['loaded', 'reloading', 'reload', 'active'],
  ['loaded', 'activating', 'start-pre', 'starting'],
  ['loaded', 'activating', 'auto-restart', 'failed'],
  ['loaded', 'deactivating', 'stop-sigterm', 'stopping'],
  ['loaded', 'inactive', 'dead', 'ended'],
  ['loaded', 'failed', 'failed', 'failed'],
  ['not-found', 'inactive', 'dead', 'unknown'],
  ['error', 'active', 'running', 'unknown'],
])('%s, %s, %s is %s', (load, active, sub, progress) => {
  expect(progressOf({ load, active, sub })).toBe(progress);
});
