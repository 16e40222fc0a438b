import { expect, it } from 'vitest';
import { ManualClock } from '../../ports/clock/manual.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { fleetctlLog } from './log.ts';

const clock = new ManualClock(new Date(2026, 0, 2, 3, 4, 5));

it('writes date, level and place before the message', () => {
  const io = captureIo();
  fleetctlLog(io, clock, false).warn('look out');
  expect(io.errors()).toMatch(/^2026\/01\/02 03:04:05 WARN log\.test\.ts:\d+: look out\n$/);
  expect(io.output()).toBe('');
});

it('tells details only when asked to', () => {
  const io = captureIo();
  fleetctlLog(io, clock, false).debug('a detail');
  expect(io.errors()).toBe('');
  fleetctlLog(io, clock, true).debug('a detail');
  expect(io.errors()).toContain(' DEBUG ');
});
