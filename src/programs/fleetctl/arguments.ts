/**
 * The command line, as leniently as fleet's clients and their users have always written it: global flags before and after
 * the command, one dash or two, long names abbreviated to nothing less than themselves but commands to any prefix.
 *
 * Our own parser, because `commander` reads `-fields=unit` as the one-letter flag `-f`, and knows neither commands by
 * prefix nor flags of the program behind the command; what it does know is fewer lines here than the exceptions would be.
 *
 * @see fleet.md 7.1 and tutorials.md 0.3
 */
import { namesOf, type Settings } from '../../core/base/settings.ts';
import { UsageWrong } from '../../core/errors/fleetctl.ts';
import type { Command } from './command.ts';
import { findCommand } from './find-command.ts';
import { aliases, settings } from './settings.ts';

export interface CommandLine {
  /** Undefined when none was named. */
  readonly command: Command | undefined;
  /** Texts by long name: the program's flags and the command's, which share no name. */
  readonly flags: ReadonlyMap<string, string>;
  readonly args: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
}

/** Flags that are no settings. */
const own = { help: true, h: true, version: true } as const;

/** @throws {UsageWrong} */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): CommandLine {
  const [first = ''] = argv;
  if (/^(-v|--?version)$/.test(first)) return { ...nothing, version: true };
  const flags = new Map<string, string>();
  const args: string[] = [];
  let command: Command | undefined;
  let known = flagsOf(settings, {}, aliases);
  let help = false;
  let ended = false;
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    if (!ended && word === '--') {
      ended = true;
    } else if (ended || !/^-./.test(word)) {
      if (command !== undefined) {
        args.push(word);
      } else {
        command = findCommand(word, commands);
        known = new Map([...known, ...flagsOf(command.flags, command.shorts ?? {})]);
      }
    } else {
      for (const flag of readFlags(word, known)) {
        if (flag.name in own) {
          help ||= flag.name !== 'version';
          continue;
        }
        const value = flag.value ?? argv[++at];
        if (value === undefined) throw new UsageWrong({ problem: `flag needs an argument: ${flag.written}`, command });
        flags.set(flag.name, value);
      }
    }
  }
  return { command, flags, args, help, version: false };
}

const nothing: CommandLine = { command: undefined, flags: new Map(), args: [], help: false, version: false };

interface KnownFlag {
  readonly name: string;
  /** Needs no value: being there says yes. */
  readonly yesNo: boolean;
}

/** By everything they may be called, without dashes. */
function flagsOf(
  described: Settings,
  shorts: Readonly<Record<string, string>>,
  others: Readonly<Record<string, string>> = {},
): Map<string, KnownFlag> {
  const flags = new Map<string, KnownFlag>(Object.keys(own).map((name) => [name, { name, yesNo: true }]));
  for (const [key, { type }] of Object.entries(described)) {
    const name = namesOf(described, key).flag;
    flags.set(name, { name, yesNo: type === 'true or false' });
  }
  for (const [spelling, name] of [...Object.entries(shorts), ...Object.entries(others)]) {
    const flag = flags.get(name);
    if (flag !== undefined) flags.set(spelling, flag);
  }
  return flags;
}

interface ReadFlag {
  readonly name: string;
  readonly written: string;
  /** Undefined when it is the next word. */
  readonly value: string | undefined;
}

/** One word is one flag, or several of one letter: `-lf`. */
function readFlags(word: string, known: ReadonlyMap<string, KnownFlag>): readonly ReadFlag[] {
  const [, dashes = '', name = '', attached] = /^(--?)([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const flag = known.get(name);
  if (flag !== undefined) {
    return [{ name: flag.name, written: dashes + name, value: attached ?? (flag.yesNo ? 'true' : undefined) }];
  }
  if (dashes === '--' || name.length < 2) throw new UsageWrong({ problem: `unknown flag: ${dashes}${name}` });
  const [letter = ''] = name;
  const short = known.get(letter);
  if (short === undefined) throw new UsageWrong({ problem: `unknown flag: -${name}` });
  const rest = word.slice(2);
  if (!short.yesNo) return [{ name: short.name, written: `-${letter}`, value: rest }];
  return [{ name: short.name, written: `-${letter}`, value: 'true' }, ...readFlags(`-${rest}`, known)];
}
