import { expect, it } from 'vitest';
import { leavesServices } from './departure.ts';

it.each([
  ['always', { running: false, exitCode: 1 }, false],
  ['on-success', { running: false, exitCode: 0 }, false],
  ['on-success', { running: false, exitCode: 137 }, false],
  ['on-success', { running: false, exitCode: 143 }, false],
  ['on-success', undefined, false],
  ['on-success', { running: false, exitCode: 1 }, true],
  ['on-success', { running: true, exitCode: 0 }, true],
] as const)('%s: a container that is %j leaves its services: %s', (policy, container, leaves) => {
  expect(leavesServices(policy, container)).toBe(leaves);
});
