/** docs/fleetctl.md and the commands' own descriptions say the same, in both directions. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namesOf, type Settings } from '../../core/base/settings.ts';
import { parseCommandLine } from './arguments.ts';
import { commands } from './commands/index.ts';
import { aliases, settings, variableOf } from './settings.ts';

const text = readFileSync(new URL('../../../docs/fleetctl.md', import.meta.url), 'utf8');
const [globals = '', ...sections] = text.split(/^### /m);

/** The cells of the rows about flags in a part of the document. */
const rowsIn = (part: string): readonly (readonly string[])[] =>
  [...part.matchAll(/^\| *`--.*$/gm)].map(([row]) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

const code = (value: string): string => (value === '' ? '' : `\`${value}\``);

/** The rows as they should be. */
function rowsOf(
  described: Settings,
  more: (flag: string) => readonly string[],
  shorts: Readonly<Record<string, string>> = {},
  hidden: readonly string[] = [],
) {
  return Object.entries(described).flatMap(([key, { preset, print, help }]) => {
    const { flag } = namesOf(described, key);
    if (hidden.includes(flag)) return [];
    const short = Object.entries(shorts).find(([, name]) => name === flag)?.[0];
    const written = [`--${flag}`, ...(short === undefined ? [] : [`-${short}`])].map(code).join(', ');
    return [[written, code(print(preset)), ...more(flag), help]];
  });
}

describe('docs/fleetctl.md', () => {
  it('tells the flags of every command, with their variables', () => {
    expect(rowsIn(globals)).toEqual(rowsOf(settings, (flag) => [code(variableOf(flag.replaceAll('-', '_')))]));
  });

  it('tells the older names of flags', () => {
    for (const name of Object.keys(aliases)) expect(globals).toContain(`\`--${name}\``);
  });

  it('tells every command, and no other, in the order of help', () => {
    const told = sections.map((section) => /^`fleetctl ([\w-]+)/.exec(section)?.[1]);
    expect(told).toEqual(commands.map(({ name }) => name));
  });

  it.each(commands)('tells $name as it is', ({ name, operands, summary, flags, shorts, hidden }) => {
    const section = sections.find((one) =>
      one.startsWith(`\`fleetctl ${name}${operands === '' ? '' : ` ${operands}`}\`\n`),
    );
    expect(section).toBeDefined();
    expect(section).toContain(`\n${summary}.\n`);
    expect(rowsIn(section ?? '')).toEqual(rowsOf(flags, () => [], shorts, hidden));
  });

  it('tells what is accepted and ignored', () => {
    const last = text.slice(text.indexOf('## Accepted and ignored'));
    for (const { name, hidden = [] } of commands) {
      if (hidden.length > 0) expect(last).toContain(`\`${name}\``);
      for (const flag of hidden) expect(last).toContain(`\`--${flag}\``);
    }
  });

  it('shows only command lines that can be understood', () => {
    const lines = [...text.matchAll(/^\$ .*?fleetctl ([^)|\n]*)/gm)].map(([, line = '']) => line.trim().split(' '));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(() => parseCommandLine(line, commands), line.join(' ')).not.toThrow();
  });
});
