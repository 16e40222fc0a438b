import { expect, it } from 'vitest';
import { commands } from './commands/index.ts';
import { findCommand } from './find-command.ts';

/** What fleet 1.0 has. @see fleet.md 7.5 */
const theirs = (
  'cat destroy fd-forward help journal list-machines list-unit-files list-units load restart ssh start status stop ' +
  'submit unload verify version'
).split(' ');

it('the commands that fleet does not have are known as such', () => {
  expect(
    commands
      .filter(({ ours }) => !ours)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(theirs);
});

it('fleet’s commands have every abbreviation that they have without ours', () => {
  const without = commands.filter(({ ours }) => !ours);
  const beginnings = theirs.flatMap((name) => Array.from(name, (_, at) => name.slice(0, at + 1)));
  const meant = (word: string, among: typeof commands) => {
    try {
      return findCommand(word, among).name;
    } catch {
      return undefined;
    }
  };
  for (const word of beginnings) expect(meant(word, commands), word).toBe(meant(word, without));
});
