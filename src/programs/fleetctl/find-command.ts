/** Which command a word means: its name, or any beginning that only one of fleet's commands, or of all, has. @see fleet.md 7.1 */
import { UsageWrong } from '../../core/errors/fleetctl.ts';
import type { Command } from './command.ts';

/** @throws {UsageWrong} with the commands that may have been meant */
export function findCommand(word: string, commands: readonly Command[]): Command {
  const exact = commands.find(({ name }) => name === word);
  if (exact !== undefined) return exact;
  const begun = commands.filter(({ name }) => name.startsWith(word));
  const theirs = begun.filter(({ ours }) => !ours);
  const [only, ...others] = theirs.length > 0 ? theirs : begun;
  if (only !== undefined && others.length === 0) return only;
  const near = begun.length > 0 ? begun : commands.filter(({ name }) => distance(word, name) <= 2);
  throw new UsageWrong({
    problem: `unknown command "${word}" for "fleetctl"`,
    suggestions: near.map(({ name }) => name),
  });
}

/** How many letters must be changed, left out or put in to make one word of the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
