/**
 * Settings described once: type, default, names, check and documentation row come from the same line.
 *
 * A program lists its settings in one object; sources (file, environment, flags) give texts for them, later sources
 * winning. Every mistake is reported at once, and what a mistake means (fatal, or the default stays) is the program's.
 */
import { parseDuration, printDuration } from './duration.ts';
import { invariant } from './invariant.ts';
import { type Millis, seconds } from './time.ts';

/** What a text became: its value, or what it should have been ("a whole number"). */
export type Parsed<T> = { readonly value: T } | { readonly expected: string };

/** How a setting differs from what its key and type say. */
export interface Particulars<T> {
  /** Its name in files and on command lines; the key in snake_case otherwise. */
  readonly name?: string;
  /** Its flag without dashes, when it is not the name with dashes. */
  readonly flag?: string;
  /** Its environment variable; a setting without one may still get one from `fromEnvironment`'s rule. */
  readonly env?: string;
  /** What a value may be, or what it is made of; for help and for shells that complete. */
  readonly words?: readonly string[];
  /** Says what a value must be when it is not that: "at least 1s". */
  readonly check?: (value: T) => string | undefined;
}

export interface Setting<T> extends Particulars<T> {
  /** The type as documentation names it. */
  readonly type: string;
  readonly preset: T;
  /** One sentence: what the setting does. */
  readonly help: string;
  parse(text: string): Parsed<T>;
  print(value: T): string;
}

// biome-ignore lint/suspicious/noExplicitAny: the settings of one object have different value types
export type Settings = Readonly<Record<string, Setting<any>>>;

/** The values of a group of settings, by key. */
export type Values<S extends Settings> = {
  readonly [Key in keyof S]: S[Key] extends Setting<infer Value> ? Value : never;
};

const setting =
  <T>(type: string, parse: (text: string) => Parsed<T>, print: (value: T) => string) =>
  (preset: T, help: string, particulars: Particulars<T> = {}): Setting<T> => ({
    type,
    preset,
    help,
    parse,
    print,
    ...particulars,
  });

const numberOr = (text: string, pattern: RegExp, expected: string): Parsed<number> =>
  pattern.test(text.trim()) ? { value: Number(text) } : { expected };

/** Any text, kept as it is. */
export const text = setting<string>(
  'text',
  (written) => ({ value: written }),
  (value) => value,
);

/** A whole number. */
export const whole = setting<number>(
  'whole number',
  (written) => numberOr(written, /^[-+]?\d+$/, 'a whole number'),
  String,
);

/** Go's duration notation. */
export const duration = setting<Millis>(
  'duration',
  (written) => {
    const value = parseDuration(written);
    return value === undefined ? { expected: 'a duration such as 3s or 1m30s' } : { value };
  },
  printDuration,
);

/** Seconds as a decimal number, as older parts of fleet write durations. */
export const decimalSeconds = setting<Millis>(
  'seconds',
  (written) => {
    const parsed = numberOr(written, /^[-+]?(\d+\.?\d*|\.\d+)$/, 'a number of seconds such as 1.0');
    return 'value' in parsed ? { value: seconds(parsed.value) } : parsed;
  },
  (value) => String(value / 1_000),
);

const yes = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const no = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** True or false, in the spellings that Go's flags accept. */
export const yesNo = setting<boolean>(
  'true or false',
  (written) =>
    yes.has(written) ? { value: true } : no.has(written) ? { value: false } : { expected: 'true or false' },
  String,
);

/**
 * A comma-separated list; surrounding spaces, brackets and quotes are not part of an item, so that `["a", "b"]` reads
 * like `a,b`. @see fleet.md 8.2
 */
export const list = setting<readonly string[]>(
  'list',
  (written) => ({
    value: written
      .split(',')
      .map((item) => item.replace(/^[\s["]+|[\s\]"]+$/g, ''))
      .filter((item) => item !== ''),
  }),
  (value) => value.join(','),
);

/** One of a few words. */
export const oneOf = <const Word extends string>(
  words: readonly Word[],
  preset: Word,
  help: string,
  particulars: Particulars<Word> = {},
): Setting<Word> =>
  setting<Word>(
    words.join(', '),
    (written) => {
      const value = words.find((word) => word === written);
      return value === undefined ? { expected: `one of ${words.join(', ')}` } : { value };
    },
    (value) => value,
  )(preset, help, { words, ...particulars });

/** Where texts of settings come from. */
export interface Source {
  /** Named in complaints: "/etc/fleet/fleet.conf", "the environment". */
  readonly from: string;
  /** @returns undefined when this source says nothing about the setting */
  find(names: Names): { readonly text: string; readonly as: string } | undefined;
}

/** What a setting is called where; `env` is undefined when it has no variable of its own. */
export interface Names {
  readonly name: string;
  readonly flag: string;
  readonly env: string | undefined;
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The names of the setting under `key`. */
export function namesOf(settings: Settings, key: string): Names {
  const described = settings[key];
  invariant(described !== undefined, `no setting "${key}" is described`);
  const name = described.name ?? snake(key);
  return { name, flag: described.flag ?? name.replaceAll('_', '-'), env: described.env };
}

/**
 * Reads environment variables. A variable that is set but empty counts.
 *
 * @param variableOf the variable of settings that do not name their own, e.g. `FLEET_` and the name in capitals
 */
export const fromEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
  variableOf: (name: string) => string | undefined = () => undefined,
): Source => ({
  from: 'the environment',
  find({ name, env: own }) {
    const variable = own ?? variableOf(name);
    const written = variable === undefined ? undefined : env[variable];
    return variable === undefined || written === undefined ? undefined : { text: written, as: variable };
  },
});

/** Reads texts by the settings' names, e.g. those of a parsed file. */
export const fromNames = (from: string, texts: ReadonlyMap<string, string>): Source => ({
  from,
  find({ name }) {
    const written = texts.get(name);
    return written === undefined ? undefined : { text: written, as: name };
  },
});

/** Reads texts by the settings' flags, written without dashes. */
export const fromFlags = (texts: ReadonlyMap<string, string>): Source => ({
  from: 'the command line',
  find({ flag }) {
    const written = texts.get(flag);
    return written === undefined ? undefined : { text: written, as: `-${flag}` };
  },
});

/** A text that a setting could not take; the value of an earlier source, or the default, stays. */
export interface Mistake {
  readonly key: string;
  readonly message: string;
}

export interface Reading<S extends Settings> {
  readonly values: Values<S>;
  readonly mistakes: readonly Mistake[];
  /** Keys that some source spoke about. */
  readonly given: ReadonlySet<string>;
}

/**
 * Reads settings from sources, later sources winning over earlier ones and all of them over the defaults.
 *
 * @example
 * const { values, mistakes } = readSettings(settings, [fromNames(path, file), fromEnvironment(process.env, fleetVariable)]);
 */
export function readSettings<S extends Settings>(settings: S, sources: readonly Source[]): Reading<S> {
  const values: Record<string, unknown> = {};
  const mistakes: Mistake[] = [];
  const given = new Set<string>();
  for (const [key, described] of Object.entries(settings)) {
    values[key] = described.preset;
    const names = namesOf(settings, key);
    for (const source of sources) {
      const found = source.find(names);
      if (found === undefined) continue;
      given.add(key);
      const parsed: Parsed<unknown> = described.parse(found.text);
      const expected = 'expected' in parsed ? parsed.expected : described.check?.(parsed.value);
      if (expected === undefined && 'value' in parsed) values[key] = parsed.value;
      else mistakes.push({ key, message: `${found.as} in ${source.from} is "${found.text}", expected ${expected}` });
    }
  }
  return { values: values as Values<S>, mistakes, given };
}

/** The defaults, as if no source said anything. */
export const presets = <S extends Settings>(settings: S): Values<S> => readSettings(settings, []).values;

/** Names that a file gives and no setting has; for warnings. */
export function unknownNames(settings: Settings, given: Iterable<string>): readonly string[] {
  const known = new Set(Object.keys(settings).map((key) => namesOf(settings, key).name));
  return [...given].filter((name) => !known.has(name));
}

/** The settings as a Markdown table, for documentation that is made from the code. */
export function settingsTable(settings: Settings, variableOf: (name: string) => string | undefined = () => undefined) {
  const rows = Object.entries(settings).map(([key, described]) => {
    const { name, env } = namesOf(settings, key);
    const variable = env ?? variableOf(name);
    const preset = described.print(described.preset);
    return [`\`${name}\``, described.type, code(preset), code(variable ?? ''), described.help.replaceAll('|', '\\|')];
  });
  return [['setting', 'type', 'default', 'variable', 'meaning'], Array(5).fill('---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

const code = (value: string): string => (value === '' ? '' : `\`${value}\``);
