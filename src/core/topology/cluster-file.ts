/**
 * The cluster file: YAML to a draft of a cluster, or every mistake in it at once, each with its line.
 *
 * A draft says only what the file says; defaults come later, in `clusterSpec`. Paths stay as written: reading folders is
 * not this file's business.
 */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode } from 'yaml';
import { parseDomain } from './domain.ts';
import { type Metadata, parseMetadata, sortedMetadata } from './metadata.ts';
import { machineIndex, mostMachines, parseClusterName } from './names.ts';
import { nearNames } from './near.ts';
import type { Parsed } from './parsed.ts';
import { parseSubnet } from './subnet.ts';
import type { ClusterName, SharedFolder, WantedImage, WantedUnit } from './types.ts';

/** What a cluster file or flags say; what they do not say is absent. */
export interface ClusterDraft {
  readonly name?: ClusterName;
  /** How many machines. */
  readonly machines?: number;
  /** Machine index to metadata, for those machines about which something was said. */
  readonly metadata: ReadonlyMap<number, Metadata>;
  readonly domain?: string;
  readonly subnet?: string;
  readonly units?: readonly WantedUnit[];
  readonly images?: readonly WantedImage[];
  readonly folders?: readonly SharedFolder[];
}

export interface Mistake {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
  readonly hint?: string;
}

export type ClusterFile = { readonly draft: ClusterDraft } | { readonly mistakes: readonly Mistake[] };

/** Walks nodes, and collects what is wrong with them. */
class Reading {
  readonly mistakes: Mistake[] = [];
  readonly #lines: LineCounter;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  say(node: unknown, message: string, hint?: string): undefined {
    const range = (node as YamlNode | null | undefined)?.range;
    const line = range ? this.#lines.linePos(range[0]).line : 1;
    this.mistakes.push({ line, message, ...(hint === undefined ? {} : { hint }) });
  }

  /** A text, or a number taken as text; `what` begins the sentence when it is neither. */
  text(node: unknown, what: string): string | undefined {
    if (isScalar(node) && (typeof node.value === 'string' || typeof node.value === 'number')) {
      if (String(node.value) !== '') return String(node.value);
    }
    return this.say(node, `${what} must be a text`);
  }

  /** A text that means something. */
  meaning<T>(node: unknown, what: string, parse: (text: string) => Parsed<T>): T | undefined {
    const text = this.text(node, what);
    if (text === undefined) return undefined;
    const parsed = parse(text);
    return 'value' in parsed ? parsed.value : this.say(node, `${what} "${text}" ${parsed.wrong}`);
  }

  list(node: unknown, what: string): readonly unknown[] {
    if (isSeq(node)) return node.items;
    this.say(node, `${what} must be a list`);
    return [];
  }

  /** The entries of a mapping whose keys are known; the others are mistakes. */
  keys<K extends string>(node: unknown, what: string, known: readonly K[]): ReadonlyMap<K, unknown> {
    const found = new Map<K, unknown>();
    if (!isMap(node)) {
      this.say(node, `${what} must be a mapping with ${known.join(', ')}`);
      return found;
    }
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const match = known.find((candidate) => candidate === name);
      if (match !== undefined) found.set(match, value ?? key);
      else {
        const near = nearNames(name, known)[0];
        this.say(
          key,
          `${what} has no key "${name}"`,
          near === undefined ? `The keys are: ${known.join(', ')}.` : `Did you mean "${near}"?`,
        );
      }
    }
    return found;
  }
}

export function parseClusterFile(text: string): ClusterFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const reading = new Reading(lines);
  for (const error of document.errors) {
    reading.mistakes.push({ line: lines.linePos(error.pos[0]).line, message: error.message });
  }
  const draft = reading.mistakes.length > 0 ? emptyDraft : readDraft(reading, document.contents);
  if (reading.mistakes.length === 0) return { draft };
  return { mistakes: reading.mistakes.toSorted((a, b) => a.line - b.line) };
}

const emptyDraft: ClusterDraft = { metadata: new Map() };

const topKeys = ['name', 'machines', 'metadata', 'domain', 'subnet', 'units', 'images', 'folders'] as const;

function readDraft(reading: Reading, contents: unknown): ClusterDraft {
  if (contents === null) return emptyDraft;
  const top = reading.keys(contents, 'a cluster file', topKeys);
  const machines = readMachines(reading, top.get('machines'));
  const metadata = readMetadata(reading, top.get('metadata'), machines);
  return {
    metadata,
    ...present('machines', machines?.count),
    ...present('name', top.has('name') ? reading.meaning(top.get('name'), 'the name', parseClusterName) : undefined),
    ...present('domain', top.has('domain') ? reading.meaning(top.get('domain'), 'the domain', parseDomain) : undefined),
    ...present('subnet', top.has('subnet') ? reading.meaning(top.get('subnet'), 'the subnet', parseSubnet) : undefined),
    ...present('units', readUnits(reading, top.get('units'))),
    ...present('images', readImages(reading, top.get('images'))),
    ...present('folders', readFolders(reading, top.get('folders'))),
  };
}

/** A property that is there only when it has a value. */
const present = <K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [P in K]?: V });

interface Machines {
  readonly count: number;
  readonly metadata: ReadonlyMap<number, Metadata>;
}

/** `machines: 3`, or a list with one entry per machine. */
function readMachines(reading: Reading, node: unknown): Machines | undefined {
  if (node === undefined) return undefined;
  if (isScalar(node) && typeof node.value === 'number') {
    if (!Number.isInteger(node.value) || node.value < 1 || node.value > mostMachines) {
      return reading.say(node, `machines must be a whole number from 1 to ${mostMachines}, or a list`);
    }
    return { count: node.value, metadata: new Map() };
  }
  if (!isSeq(node)) return reading.say(node, 'machines must be a number, or a list with one entry per machine');
  if (node.items.length === 0 || node.items.length > mostMachines) {
    return reading.say(node, `machines must have 1 to ${mostMachines} entries`);
  }
  const metadata = new Map<number, Metadata>();
  for (const [at, entry] of node.items.entries()) {
    const empty = isScalar(entry) && entry.value === null;
    const keys = empty ? new Map() : reading.keys(entry, 'a machine', ['metadata'] as const);
    const said = keys.has('metadata') ? readPairs(reading, keys.get('metadata'), 'metadata') : {};
    metadata.set(at + 1, said ?? {});
  }
  return { count: node.items.length, metadata };
}

/** `metadata: { core-02: purpose=db }`: over what the list of machines says. */
function readMetadata(reading: Reading, node: unknown, machines: Machines | undefined): ReadonlyMap<number, Metadata> {
  const metadata = new Map(machines?.metadata);
  if (node === undefined) return metadata;
  if (!isMap(node)) {
    reading.say(node, 'metadata must be a mapping from machine names to their metadata');
    return metadata;
  }
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const index = machineIndex(name);
    if (index === undefined) reading.say(key, `metadata has no machine "${name}"`, 'Machines are core-01, core-02, …');
    else if (machines !== undefined && index > machines.count) {
      reading.say(key, `metadata names ${name}, but the cluster has ${machines.count} machines`);
    } else metadata.set(index, readPairs(reading, value, `the metadata of ${name}`) ?? {});
  }
  return metadata;
}

/** `purpose=db,disk=ssd`, or the same as a mapping. */
function readPairs(reading: Reading, node: unknown, what: string): Metadata | undefined {
  if (!isMap(node)) return reading.meaning(node, what, parseMetadata);
  const metadata: Record<string, string> = {};
  for (const { key, value } of node.items) {
    const name = reading.text(key, `a key of ${what}`);
    const scalar = isScalar(value) && value.value !== null ? String(value.value) : '';
    if (scalar === '') reading.say(key, `${what} has no value for "${name ?? ''}"`);
    else if (name !== undefined) metadata[name] = scalar;
  }
  return sortedMetadata(metadata);
}

/** A plain list is of submitted units; a mapping tells submitted, loaded and started ones apart. */
function readUnits(reading: Reading, node: unknown): readonly WantedUnit[] | undefined {
  if (node === undefined) return undefined;
  const unitsOf = (list: unknown, target: WantedUnit['target']): WantedUnit[] =>
    reading.list(list, 'units').flatMap((entry) => {
      const path = reading.text(entry, 'a unit’s path');
      return path === undefined ? [] : [{ path, target }];
    });
  if (isSeq(node)) return unitsOf(node, 'inactive');
  const keys = reading.keys(node, 'units', ['submitted', 'loaded', 'started'] as const);
  const targets = { submitted: 'inactive', loaded: 'loaded', started: 'launched' } as const;
  return [...keys].flatMap(([key, list]) => unitsOf(list, targets[key]));
}

function readImages(reading: Reading, node: unknown): readonly WantedImage[] | undefined {
  if (node === undefined) return undefined;
  return reading.list(node, 'images').flatMap((entry) => {
    if (isScalar(entry)) {
      const reference = reading.text(entry, 'an image');
      return reference === undefined ? [] : [{ reference }];
    }
    const keys = reading.keys(entry, 'an image', ['reference', 'build'] as const);
    if (!keys.has('reference')) return reading.say(entry, 'an image needs a reference, the name that units use') ?? [];
    const reference = reading.text(keys.get('reference'), 'the reference of an image');
    const build = keys.has('build') ? reading.text(keys.get('build'), 'the build folder of an image') : undefined;
    return reference === undefined ? [] : [{ reference, ...present('build', build) }];
  });
}

function readFolders(reading: Reading, node: unknown): readonly SharedFolder[] | undefined {
  if (node === undefined) return undefined;
  return reading.list(node, 'folders').flatMap((entry) => {
    const keys = reading.keys(entry, 'a folder', ['from', 'to'] as const);
    for (const key of ['from', 'to'] as const) {
      if (isMap(entry) && !keys.has(key)) reading.say(entry, `a folder needs "${key}"`);
    }
    const from = keys.has('from') ? reading.text(keys.get('from'), 'where a folder comes from') : undefined;
    const to = keys.has('to') ? reading.meaning(keys.get('to'), 'the place of a folder', parsePlace) : undefined;
    return from === undefined || to === undefined ? [] : [{ from, to }];
  });
}

/** Folders of the machines that a shared one must not cover. */
const ownFolders = [
  '/',
  '/bin',
  '/dev',
  '/etc',
  '/lib',
  '/opt/devcluster',
  '/proc',
  '/run',
  '/sbin',
  '/sys',
  '/usr',
  '/var',
];

function parsePlace(text: string): Parsed<string> {
  const place = text.length > 1 ? text.replace(/\/+$/, '') : text;
  if (!place.startsWith('/')) return { wrong: 'must be an absolute path, such as /code' };
  if (place.split('/').includes('..')) return { wrong: 'must not climb with ".."' };
  if (ownFolders.includes(place)) return { wrong: 'is a folder that the machines need for themselves' };
  return { value: place };
}
