/** `~` and `~user` at the start of a path. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';

/** Left as it is when there is no such user. */
export function expandHome(path: string): string {
  const [, user, rest = ''] = /^~([^/]*)(\/.*)?$/.exec(path) ?? [];
  if (user === undefined) return path;
  const home = user === '' ? homedir() : homeOf(user);
  return home === undefined ? path : home + rest;
}

function homeOf(user: string): string | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return lines.map((line) => line.split(':')).find(([name]) => name === user)?.[5];
}
