/** Command lines in the convention of Go's flag package, which SkyDNS and registrator share. */
import { namesOf, type Settings } from './settings.ts';

export type GoFlags =
  | {
      readonly kind: 'flags';
      /** By flag, without dashes: for `fromFlags`. */
      readonly texts: ReadonlyMap<string, string>;
      /** From the first argument that is no flag on. */
      readonly rest: readonly string[];
    }
  | { readonly kind: 'help' }
  /** In the words that Go prints. */
  | { readonly kind: 'problem'; readonly problem: string };

/**
 * One or two dashes, `-x v` or `-x=v`, booleans `-x` or `-x=false`; flags end at the first other argument and at `--`.
 *
 * @see https://pkg.go.dev/flag#hdr-Command_line_flag_syntax
 */
export function parseGoFlags(settings: Settings, argv: readonly string[]): GoFlags {
  const flags = new Map(Object.entries(settings).map(([key, setting]) => [namesOf(settings, key).flag, setting]));
  const texts = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    if (argument === '--') return { kind: 'flags', texts, rest: argv.slice(at + 1) };
    if (!argument.startsWith('-') || argument === '-') return { kind: 'flags', texts, rest: argv.slice(at) };
    const [, name, attached] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument) ?? [];
    if (name === undefined) return { kind: 'problem', problem: `bad flag syntax: ${argument}` };
    const flag = flags.get(name);
    if (flag === undefined && (name === 'help' || name === 'h')) return { kind: 'help' };
    if (flag === undefined) return { kind: 'problem', problem: `flag provided but not defined: -${name}` };
    if (attached !== undefined) texts.set(name, attached);
    else if (flag.type === 'true or false') texts.set(name, 'true');
    else if (at + 1 < argv.length) texts.set(name, argv[++at] ?? '');
    else return { kind: 'problem', problem: `flag needs an argument: -${name}` };
  }
  return { kind: 'flags', texts, rest: [] };
}

/** The flags as Go lists them under `Usage of …`. */
export function goFlagUsage(settings: Settings): string {
  return Object.entries(settings)
    .map(([key, { type, preset, help, print }]) => {
      const written = print(preset);
      const shown = written === '' || written === 'false' ? '' : ` (default ${written})`;
      return `  -${namesOf(settings, key).flag}${type === 'true or false' ? '' : ` ${type}`}\n    \t${help}${shown}\n`;
    })
    .join('');
}
