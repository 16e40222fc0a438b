import { homedir } from 'node:os';
import { expect, it } from 'vitest';
import { expandHome } from './home.ts';

it.each([
  ['~/.fleetctl/known_hosts', `${homedir()}/.fleetctl/known_hosts`],
  ['~', homedir()],
  ['~root/x', '/root/x'],
  ['~nobody-at-all/x', '~nobody-at-all/x'],
  ['/etc/~x', '/etc/~x'],
  ['known_hosts', 'known_hosts'],
])('%s', (path, expected) => {
  expect(expandHome(path)).toBe(expected);
});
