/** What `--help` prints. */
import { namesOf, type Settings } from '../../core/base/settings.ts';
import type { Command } from './command.ts';
import { settings, variableOf } from './settings.ts';
import { version } from './version.ts';

export function rootHelp(commands: readonly Command[]): string {
  return `fleetctl ${version} is the client of the distributed init system fleet.

Usage: fleetctl [flags] COMMAND [flags] [arguments]

Commands:
${columns(commands.map(({ name, summary }) => [name, summary]))}
Flags, before or after the command:
${columns(flagRows(settings, {}, []))}
Each flag has a variable, ${variableOf('endpoint')} for --endpoint and so on. Commands may be shortened: "fleetctl dest".
"fleetctl COMMAND --help" tells more about one.
`;
}

export function commandHelp({ name, operands, summary, details, flags, shorts = {}, hidden = [] }: Command): string {
  const rows = flagRows(flags, shorts, hidden);
  return `${summary}

Usage: fleetctl ${name}${rows.length === 0 ? '' : ' [flags]'}${operands === '' ? '' : ` ${operands}`}
${details === undefined ? '' : `\n${details}\n`}${rows.length === 0 ? '' : `\nFlags:\n${columns(rows)}`}
Flags of every command: fleetctl --help
`;
}

function flagRows(
  described: Settings,
  shorts: Readonly<Record<string, string>>,
  hidden: readonly string[],
): readonly (readonly [string, string])[] {
  return Object.entries(described).flatMap(([key, { type, preset, help, print }]) => {
    const { flag } = namesOf(described, key);
    if (hidden.includes(flag)) return [];
    const [short] = Object.entries(shorts).find(([, name]) => name === flag) ?? [];
    const written = `${short === undefined ? '' : `-${short}, `}--${flag}${type === 'true or false' ? '' : `=${print(preset) || '""'}`}`;
    return [[written, preset === true ? `${help} Default: true.` : help] as const];
  });
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('');
}
