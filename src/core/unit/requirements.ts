/** What a unit file's [X-Fleet] section asks of the scheduler. @see fleet.md 1.5, 1.6 */
import { type Glob, glob } from '../base/glob.ts';
import { decompose } from './name.ts';
import { words } from './parse.ts';
import { quoteText } from './quote.ts';
import type { UnitFile } from './types.ts';

/** What must hold where a unit runs. */
export interface Requirements {
  /** The full or short id of the only machine that may run it; the empty text fits no machine. */
  readonly machineId: string | undefined;
  /** Exact names of the units that must be on the same machine. */
  readonly peers: readonly string[];
  /** For every key, the values of which the machine must have one. */
  readonly metadata: ReadonlyMap<string, ReadonlySet<string>>;
  /** Patterns of the units that may not be on the same machine. */
  readonly conflicts: readonly Glob[];
  /** Patterns of the units that must leave the machine. */
  readonly replaces: readonly Glob[];
  /** Runs on every machine that fits, chosen by the agents rather than by the engine. */
  readonly global: boolean;
}

const section = 'X-Fleet';

/** The spellings of each option that count, in the order in which their values do. */
const spellings = {
  machineId: ['MachineID', 'X-ConditionMachineID', 'X-ConditionMachineBootID'],
  peers: ['X-ConditionMachineOf', 'MachineOf'],
  metadata: ['X-ConditionMachineMetadata', 'MachineMetadata'],
  conflicts: ['X-Conflicts', 'Conflicts'],
  replaces: ['Replaces'],
  global: ['Global'],
} as const;

const knownKeys: ReadonlySet<string> = new Set(Object.values(spellings).flat());
const affirmative: ReadonlySet<string> = new Set(['true', 'yes', '1', 'on', 't']);

/**
 * Reads the requirements of a unit file.
 *
 * @param name the unit's name, whose parts replace `%n %N %p %i`; without it they stand for themselves, which is how
 *   options are validated
 */
export function requirementsOf(file: UnitFile, name?: string): Requirements {
  const known = remembered.get(file);
  if (known !== undefined) return known;
  const read = readRequirements(file, name);
  // Thousands of instances share one file; only specifiers make them differ.
  const differs = file.some((option) => option.section === section && option.value.includes('%'));
  if (!differs) remembered.set(file, read);
  return read;
}

const remembered = new WeakMap<UnitFile, Requirements>();

function readRequirements(file: UnitFile, name: string | undefined): Requirements {
  const values = multiValues(file, name);
  const all = (keys: readonly string[]): readonly string[] => keys.flatMap((key) => values.get(key) ?? []);
  return {
    machineId: all(spellings.machineId)[0],
    peers: [...new Set(all(spellings.peers))],
    metadata: metadataOf(all(spellings.metadata)),
    conflicts: globs(all(spellings.conflicts).flatMap(words)),
    replaces: globs(all(spellings.replaces)),
    global: affirmative.has(all(spellings.global).at(-1)?.toLowerCase() ?? ''),
  };
}

/** Whether the unit runs on every machine that fits. */
export const isGlobal = (file: UnitFile, name?: string): boolean => requirementsOf(file, name).global;

/** The keys in [X-Fleet] that mean nothing, for a warning; they are never refused. */
const unknownRequirements = (file: UnitFile): readonly string[] => {
  const keys = file.filter((option) => option.section === section).map((option) => option.name);
  return [...new Set(keys)].filter((key) => !knownKeys.has(key));
};

/** fleetctl's warnings about a unit file, one per unknown key. */
export const requirementWarnings = (name: string, file: UnitFile): readonly string[] =>
  unknownRequirements(file).map(
    (key) => `Unit ${name}: unrecognized requirement in [X-Fleet] section: ${quoteText(key)}`,
  );

/** The section's values by key, split and expanded, in order of appearance. */
function multiValues(file: UnitFile, name: string | undefined): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  const expand = expander(name);
  for (const option of file) {
    if (option.section !== section) continue;
    const items = splitMultiValue(option.value).map(expand);
    const list = values.get(option.name);
    if (list === undefined) values.set(option.name, items);
    else list.push(...items);
  }
  return values;
}

/**
 * Splits `"a=b" "c=d"` into its items; a value that is not quoted from end to end is one item. There are no escapes:
 * every quote toggles, every space outside quotes separates.
 */
export function splitMultiValue(value: string): readonly string[] {
  if (!value.startsWith('"') || !value.endsWith('"')) return [value];
  const items: string[] = [];
  let item = '';
  let quoted = false;
  for (const character of value) {
    if (character === '"') {
      quoted = !quoted;
    } else if (character === ' ' && !quoted) {
      items.push(item);
      item = '';
    } else {
      item += character;
    }
  }
  return [...items, item];
}

/** Replaces specifiers one after the other, as fleet does; there is no escape and nothing else is replaced. */
function expander(name: string | undefined): (value: string) => string {
  const parts = name === undefined ? undefined : decompose(name);
  if (name === undefined || parts === undefined) return (value) => value;
  const meanings: readonly (readonly [string, string])[] = [
    ['%n', name],
    ['%N', parts.stem],
    ['%p', parts.prefix],
    ['%i', parts.instance ?? ''],
  ];
  return (value) =>
    value.includes('%')
      ? meanings.reduce((text, [specifier, meaning]) => text.replaceAll(specifier, () => meaning), value)
      : value;
}

/** Groups `key=value` by key; anything that is not exactly that is ignored. */
function metadataOf(values: readonly string[]): ReadonlyMap<string, ReadonlySet<string>> {
  const allowed = new Map<string, Set<string>>();
  for (const pair of values) {
    const [key = '', value = '', ...more] = pair.split('=');
    if (key === '' || value === '' || more.length > 0) continue;
    const known = allowed.get(key);
    if (known === undefined) allowed.set(key, new Set([value]));
    else known.add(value);
  }
  return allowed;
}

const globs = (patterns: readonly string[]): readonly Glob[] => [...new Set(patterns)].map(glob);
