/**
 * Answers a shell that completes a command line: `fleetctl __complete -- WORD...`, the last word being the one that the
 * cursor is in. Says nothing about what goes wrong, and takes a second at most: a person waits with a finger on TAB.
 *
 * The first line of an answer begins with a colon and tells the shell what else to do: `files` and `unit-files` to offer
 * files, too, `nospace` to leave the word open. Each other line is a word and, behind a tab, what it is.
 */
import type { ApiMachine, ApiUnit } from '../../core/api/entities.ts';
import { namesOf, type Settings } from '../../core/base/settings.ts';
import { seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { printMetadata } from '../../core/machine/metadata.ts';
import { decompose, isGlobal, isTemplate, mangle } from '../../core/unit/index.ts';
import { parseCommandLine } from './arguments.ts';
import type { Command } from './command.ts';
import { commands } from './commands/index.ts';
import { shortId } from './places.ts';
import type { Surroundings } from './run.ts';
import { readGlobals, settings } from './settings.ts';
import type { World } from './world.ts';

/** How long to wait for the cluster. */
const patience = seconds(1);

interface Candidate {
  readonly word: string;
  readonly about: string;
  /** More is to be typed behind it. */
  readonly open?: boolean;
}

interface Answer {
  readonly candidates: readonly Candidate[];
  /** Files that the shell may offer, too. */
  readonly files?: 'files' | 'unit-files';
}

export interface Completing extends Pick<Surroundings, 'env' | 'io' | 'wire'> {
  /** What stands behind the hidden command's own name. */
  readonly words: readonly string[];
}

/** @returns the exit code 0 */
export async function complete({ words: given, env, io, wire }: Completing): Promise<number> {
  const words = given[0] === '--' ? given.slice(1) : given;
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  // The cluster that the line itself would talk to; nothing is connected to before it is asked.
  const flags = (parsed(before) ?? parsed([...before, cursor]))?.flags ?? new Map();
  await using world = await unlessTrouble(wire(readGlobals(flags, env), true));
  const { candidates, files } = await answer(before, current, liveNames(world));
  const fitting = candidates.filter(({ word }) => word.startsWith(current));
  const open = fitting.length > 0 && fitting.every((one) => one.open);
  io.out(`:${[files, open && 'nospace'].filter(Boolean).join(',')}`);
  for (const { word, about } of fitting) io.out(`${word}\t${about}`);
  return 0;
}

/** Stands for the word that the cursor is in; nobody's command, flag or unit. */
const cursor = '\0';

/** Asks the program's own parser what a word in this place would be. */
async function answer(before: readonly string[], current: string, live: Live): Promise<Answer> {
  const [, dashes = '', name = '', value] = /^(--?)([^=]+)(?:=(.*))?$/s.exec(current) ?? [];
  const line = parsed([...before, cursor]);
  if (line === undefined) {
    const unfinished = parsed(before);
    if (unfinished === undefined || unfinished.command !== undefined || unfinished.version) return nothing;
    if (current.startsWith('-'))
      return value === undefined
        ? flagsOf(undefined, current)
        : valuesOf(undefined, { flag: name, dashes, value }, live);
    return { candidates: commands.map(({ name: word, summary: about }) => ({ word, about })) };
  }
  const { command, flags, args } = line;
  const flag = [...flags].find(([, written]) => written === cursor)?.[0];
  if (flag !== undefined) return valuesOf(command, { flag, value: current }, live);
  const ended = parsed([...before, '--help'])?.help !== true;
  if (current.startsWith('-') && !ended) {
    return value === undefined ? flagsOf(command, current) : valuesOf(command, { flag: name, dashes, value }, live);
  }
  const others = args.filter((one) => one !== cursor);
  return command === undefined ? nothing : (operands[command.name] ?? none)(live, others);
}

const nothing: Answer = { candidates: [] };

function parsed(words: readonly string[]) {
  try {
    return parseCommandLine(words, commands);
  } catch (cause) {
    if (cause instanceof OperatingError) return undefined;
    throw cause;
  }
}

/** In the spelling that was begun: with one dash, as old scripts have it, or with two. */
function flagsOf(command: Command | undefined, current: string): Answer {
  const dashes = /^-[^-]/.test(current) ? '-' : '--';
  const rows = (described: Settings, hidden: readonly string[] = []) =>
    Object.entries(described).flatMap(([key, { type, help }]): readonly Candidate[] => {
      const { flag } = namesOf(described, key);
      if (hidden.includes(flag)) return [];
      const takesValue = type !== 'true or false';
      return [{ word: `${dashes}${flag}${takesValue ? '=' : ''}`, about: help, open: takesValue }];
    });
  const own: readonly Candidate[] = [{ word: `${dashes}help`, about: 'Tell about this and do nothing.' }];
  return { candidates: [...rows(command?.flags ?? {}, command?.hidden), ...rows(settings), ...own] };
}

interface BegunFlag {
  readonly flag: string;
  /** Those in front of the flag, when its value is a part of the same word. */
  readonly dashes?: string;
  /** As far as it is typed. */
  readonly value: string;
}

async function valuesOf(command: Command | undefined, { flag, dashes, value }: BegunFlag, live: Live): Promise<Answer> {
  const head = dashes === undefined ? '' : `${dashes}${flag}=`;
  const described = [settings, command?.flags ?? {}].flatMap((all: Settings) =>
    Object.entries(all).filter(([key]) => namesOf(all, key).flag === flag),
  )[0]?.[1];
  const values = async (): Promise<Answer> => {
    if (flag.endsWith('-file')) return { candidates: [], files: 'files' };
    if (flag === 'machine') return { candidates: await machineWords(live) };
    if (flag === 'unit') return { candidates: await unitWords(live, () => true) };
    const words = described?.type === 'true or false' ? ['true', 'false'] : (described?.words ?? []);
    // Fields are several, with commas between them.
    const begun = flag === 'fields' ? value.slice(0, value.lastIndexOf(',') + 1) : '';
    return { candidates: words.map((word) => ({ word: begun + word, about: '' })) };
  };
  const { candidates, ...rest } = await values();
  return { ...rest, candidates: candidates.map((one) => ({ ...one, word: head + one.word })) };
}

type Operands = (live: Live, others: readonly string[]) => Answer | Promise<Answer>;

const none: Operands = () => nothing;
const words =
  (...known: readonly string[]): Operands =>
  (_live, others) => ({ candidates: others.length > 0 ? [] : known.map((word) => ({ word, about: '' })) });

/** Units in which the command can do something, each once. */
const units =
  (
    wanted: (unit: ApiUnit) => boolean,
    more: { readonly single?: boolean; readonly files?: 'unit-files' } = {},
  ): Operands =>
  async (live, others) => {
    if (more.single && others.length > 0) return nothing;
    const named = new Set(others.map(mangle));
    const candidates = await unitWords(live, (unit) => !named.has(unit.name) && wanted(unit), more.files !== undefined);
    return more.files === undefined ? { candidates } : { candidates, files: more.files };
  };

const any = () => true;
const isThere = ({ options, current }: ApiUnit): boolean => isGlobal(options) || (current ?? 'inactive') !== 'inactive';

/** What each command is about; nothing for a command that is not named here. */
export const operands: Readonly<Record<string, Operands>> = {
  cat: units(any, { single: true }),
  completion: words('bash', 'zsh', 'fish'),
  destroy: units(any),
  explain: units(any, { single: true }),
  'fd-forward': () => ({ candidates: [], files: 'files' }),
  help: (_live, others) => ({
    candidates: others.length > 0 ? [] : commands.map(({ name: word, summary: about }) => ({ word, about })),
  }),
  journal: units((unit) => isThere(unit) && !isGlobal(unit.options), { single: true }),
  'list-machines': none,
  'list-unit-files': none,
  'list-units': none,
  load: units(({ name, desired }) => isTemplate(name) || desired === 'inactive', { files: 'unit-files' }),
  plan: units(any, { files: 'unit-files' }),
  restart: units(isThere),
  ssh: async (live, others) => {
    if (others.length > 0) return nothing;
    return { candidates: (await Promise.all([machineWords(live), unitWords(live, isThere)])).flat() };
  },
  start: units(({ name, desired }) => isTemplate(name) || desired !== 'launched', { files: 'unit-files' }),
  status: units(isThere),
  stop: units(({ desired }) => desired === 'launched'),
  submit: () => ({ candidates: [], files: 'unit-files' }),
  unload: units(({ desired }) => desired !== 'inactive'),
  verify: none,
  version: none,
  watch: units(any),
};

/** @param asInstances a template stands for the instances that may be made of it: `redis@` */
async function unitWords(
  live: Live,
  wanted: (unit: ApiUnit) => boolean,
  asInstances = false,
): Promise<readonly Candidate[]> {
  return (await live.units()).filter(wanted).map(({ name, options, desired, machine }): Candidate => {
    if (asInstances && isTemplate(name)) {
      return { word: `${decompose(name)?.prefix}@`, about: 'template', open: true };
    }
    const where = isGlobal(options) ? ', global' : machine === undefined ? '' : ` on ${shortId(machine)}`;
    return { word: name, about: isTemplate(name) ? 'template' : desired + where };
  });
}

/** The first eight digits, which is enough for every command; whole ids where that names two machines. */
async function machineWords(live: Live): Promise<readonly Candidate[]> {
  const machines = await live.machines();
  const short = machines.map(({ id }) => id.slice(0, 8));
  const unique = new Set(short).size === machines.length;
  return machines.map(({ id, publicIp, metadata }, at) => ({
    word: unique ? (short[at] ?? id) : id,
    about: [publicIp, printMetadata(metadata)].filter((fact) => fact !== '').join(' '),
  }));
}

interface Live {
  /** Nothing when the cluster cannot be asked, or does not answer soon. */
  units(): Promise<readonly ApiUnit[]>;
  machines(): Promise<readonly ApiMachine[]>;
}

function liveNames(world: World | undefined): Live {
  const soon = async <T>(ask: (fleet: World['fleet']) => Promise<readonly T[]>): Promise<readonly T[]> => {
    if (world === undefined) return [];
    const over = new AbortController();
    const late = world.clock.sleep(patience, over.signal).then(() => undefined);
    const answered = await Promise.race([unlessTrouble(ask(world.fleet)), late]);
    over.abort();
    return answered ?? [];
  };
  return { units: () => soon((fleet) => fleet.units()), machines: () => soon((fleet) => fleet.machines()) };
}

/** @returns undefined instead of an operating error */
const unlessTrouble = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((cause: unknown) => {
    if (cause instanceof OperatingError) return undefined;
    throw cause;
  });
