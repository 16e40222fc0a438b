/** Cluster files on this host: found upwards, read, and their paths made absolute. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OperatingError } from '../../core/errors/define.ts';
import { ClusterFileMissing, ClusterFileWrong } from '../../core/errors/devcluster.ts';
import { type ClusterDraft, parseClusterFile } from '../../core/topology/cluster-file.ts';
import type { WantedUnit } from '../../core/topology/types.ts';
import { checkOptions, parseUnitFile, unitName } from '../../core/unit/index.ts';

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
  return { path, draft: withAbsolutePaths(file.draft, path) };
}

function withAbsolutePaths(draft: ClusterDraft, path: string): ClusterDraft {
  const base = dirname(resolve(path));
  const absolute = (text: string): string => resolve(base, text);
  const { units, images, folders } = draft;
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
 * Reads the unit files that a cluster file names, and looks for its folders: what is wrong with them would show late.
 *
 * A unit file that several patterns match gets the furthest target. An instance (`redis@1.service`) whose file is not
 * there is made from its template's (`redis@.service`).
 *
 * @throws {ClusterFileWrong} with every folder and every unit that is not there or cannot be one
 */
export async function readReferences({ path, draft }: ClusterFileRead): Promise<readonly UnitText[]> {
  const [folders, { units, mistakes }] = await Promise.all([missingFolders(draft), readUnits(draft.units ?? [])]);
  const all = [...folders, ...mistakes];
  if (all.length > 0) throw new ClusterFileWrong({ path, mistakes: all });
  return units;
}

async function missingFolders({ folders = [], images = [] }: ClusterDraft): Promise<readonly string[]> {
  const mentioned = [
    ...folders.map(({ from }) => from),
    ...images.flatMap(({ build }) => (build === undefined ? [] : [build])),
  ];
  const facts = await Promise.all(mentioned.map((folder) => stat(folder).catch(() => undefined)));
  return mentioned.filter((_, at) => !facts[at]?.isDirectory()).map((folder) => `the folder ${folder} is not there`);
}

async function readUnits(
  wanted: readonly WantedUnit[],
): Promise<{ readonly units: readonly UnitText[]; readonly mistakes: readonly string[] }> {
  const order = ['inactive', 'loaded', 'launched'] as const;
  const units = new Map<string, UnitText>();
  const mistakes = new Set<string>();
  for (const { path, target } of wanted) {
    const matches = await matchFiles(path);
    const template = path.replace(/@[^/@]+(\.[a-z]+)$/, '@$1');
    const sources = matches.length > 0 ? matches : (await matchFiles(template)).slice(0, 1);
    if (sources.length === 0) mistakes.add(`no unit file matches ${path}`);
    for (const source of sources) {
      const name = basename(matches.length > 0 ? source : path);
      const before = units.get(name);
      if (before !== undefined && order.indexOf(before.target) >= order.indexOf(target)) continue;
      const unit = { name, text: await readFile(source, 'utf8'), target };
      const wrong = whatIsWrongWith(unit);
      if (wrong === undefined) units.set(name, unit);
      else mistakes.add(`the unit file ${source}: ${wrong}`);
    }
  }
  return { units: [...units.values()], mistakes: [...mistakes] };
}

/** As fleetd would say it, once the cluster is there. */
function whatIsWrongWith({ name, text }: UnitText): string | undefined {
  try {
    unitName(name);
    checkOptions(parseUnitFile(text));
    return undefined;
  } catch (error) {
    if (!(error instanceof OperatingError)) throw error;
    return `${error.message}. ${error.remedy ?? ''}`;
  }
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
