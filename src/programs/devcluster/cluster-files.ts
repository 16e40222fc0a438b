/** Cluster files on this host: found upwards, read, and their paths made absolute. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ClusterFileMissing, ClusterFileWrong, UnitFileMissing } from '../../core/errors/devcluster.ts';
import { type ClusterDraft, parseClusterFile } from '../../core/topology/cluster-file.ts';
import type { WantedUnit } from '../../core/topology/types.ts';

const clusterFileName = 'devcluster.yaml';

export interface ClusterFileRead {
  readonly path: string;
  /** Its paths are absolute. */
  readonly draft: ClusterDraft;
}

/** The nearest cluster file in a folder or above it. */
export async function findClusterFile(folder: string): Promise<string | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, clusterFileName);
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile()) return path;
    if (dirname(at) === at) return undefined;
  }
}

/** @throws {ClusterFileMissing} @throws {ClusterFileWrong} with every mistake in it */
export async function readClusterFile(path: string): Promise<ClusterFileRead> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new ClusterFileMissing({ path });
  });
  const file = parseClusterFile(text);
  if ('mistakes' in file) {
    const mistakes = file.mistakes.map(
      ({ line, message, hint }) => `line ${line}: ${message}${hint === undefined ? '' : `. ${hint}`}`,
    );
    throw new ClusterFileWrong({ path, mistakes });
  }
  return { path, draft: await withAbsolutePaths(file.draft, path) };
}

/** Also checks that the folders and the build folders it names are there, since all else would fail late. */
async function withAbsolutePaths(draft: ClusterDraft, path: string): Promise<ClusterDraft> {
  const base = dirname(resolve(path));
  const absolute = (text: string): string => resolve(base, text);
  const { units, images, folders } = draft;
  const mentioned = [
    ...(folders ?? []).map(({ from }) => from),
    ...(images ?? []).flatMap(({ build }) => (build === undefined ? [] : [build])),
  ];
  const missing: string[] = [];
  for (const folder of mentioned) {
    const facts = await stat(absolute(folder)).catch(() => undefined);
    if (!facts?.isDirectory()) missing.push(`the folder "${folder}" is not there: ${absolute(folder)}`);
  }
  if (missing.length > 0) throw new ClusterFileWrong({ path, mistakes: missing });
  return {
    ...draft,
    ...(units === undefined ? {} : { units: units.map((unit) => ({ ...unit, path: absolute(unit.path) })) }),
    ...(images === undefined
      ? {}
      : {
          images: images.map((image) =>
            image.build === undefined ? image : { ...image, build: absolute(image.build) },
          ),
        }),
    ...(folders === undefined ? {} : { folders: folders.map(({ from, to }) => ({ from: absolute(from), to })) }),
  };
}

/** A unit to submit: its name and text. */
export interface UnitText {
  readonly name: string;
  readonly text: string;
  readonly target: WantedUnit['target'];
}

/**
 * The unit files that wishes name; a file that several patterns match gets the furthest target.
 *
 * An instance (`redis@1.service`) whose file is not there is made from its template's (`redis@.service`).
 *
 * @throws {UnitFileMissing}
 */
export async function readUnits(wanted: readonly WantedUnit[], file: string): Promise<readonly UnitText[]> {
  const order = ['inactive', 'loaded', 'launched'] as const;
  const units = new Map<string, UnitText>();
  for (const { path, target } of wanted) {
    const matches = await matchFiles(path);
    const template = path.replace(/@[^/@]+(\.[a-z]+)$/, '@$1');
    const sources = matches.length > 0 ? matches : (await matchFiles(template)).slice(0, 1);
    if (sources.length === 0) throw new UnitFileMissing({ pattern: path, file });
    for (const source of sources) {
      const name = basename(matches.length > 0 ? source : path);
      const before = units.get(name);
      if (before !== undefined && order.indexOf(before.target) >= order.indexOf(target)) continue;
      units.set(name, { name, text: await readFile(source, 'utf8'), target });
    }
  }
  return [...units.values()];
}

/** Files that match an absolute pattern with `*` and `?`, sorted; hidden ones only when the pattern says so. */
export async function matchFiles(pattern: string): Promise<readonly string[]> {
  let found = ['/'];
  for (const part of pattern.split('/').filter((text) => text !== '')) {
    if (!/[*?]/.test(part)) {
      found = found.map((folder) => join(folder, part));
      continue;
    }
    const expression = new RegExp(
      `^${part
        .replace(/[.+^${}()|[\]\\]/g, '\\$&')
        .replace(/\*/g, '.*')
        .replace(/\?/g, '.')}$`,
    );
    const lists = await Promise.all(
      found.map(async (folder) => {
        const names = await readdir(folder).catch(() => []);
        const fits = names.filter((name) => expression.test(name) && (part.startsWith('.') || !name.startsWith('.')));
        return fits.toSorted().map((name) => join(folder, name));
      }),
    );
    found = lists.flat();
  }
  const facts = await Promise.all(found.map((path) => stat(path).catch(() => undefined)));
  return found.filter((_, at) => facts[at]?.isFile());
}
