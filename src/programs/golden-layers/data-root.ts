/** The files of a Docker engine's data root, as far as the overlay2 driver's layers and images are concerned. */
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Layer } from './plan.ts';

/** Beside a layer's `diff`: its content comes from the golden volume and is mounted at every boot. */
const sharedMark = 'devcluster-shared';

const at = {
  layers: 'overlay2',
  links: 'overlay2/l',
  layerRecords: 'image/overlay2/layerdb/sha256',
  images: 'image/overlay2/imagedb/content/sha256',
  imageNotes: 'image/overlay2/imagedb/metadata/sha256',
  names: 'image/overlay2/repositories.json',
} as const;

/** The engine makes its folders for root alone, and so do we. */
const makeFolder = (path: string) => mkdirSync(path, { recursive: true, mode: 0o710 });
const listed = (path: string): string[] => (existsSync(path) ? readdirSync(path).sort() : []);
const textOf = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined);

/** A reader never sees half of it. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Where the content of a layer is. */
export const contentOf = (root: string, folder: string): string => join(root, at.layers, folder, 'diff');

/** Every layer that the engine knows; none for a root that no engine has used yet. */
export function readLayers(root: string): Layer[] {
  return listed(join(root, at.layerRecords)).flatMap((chain) => {
    const record = join(root, at.layerRecords, chain);
    const folder = textOf(join(record, 'cache-id'));
    const parent = textOf(join(record, 'parent'))?.replace('sha256:', '');
    if (folder === undefined) return [];
    return [parent === undefined ? { chain, folder } : { chain, parent, folder }];
  });
}

/** Folders of layers that an earlier boot added. */
export function readShared(root: string): Set<string> {
  return new Set(
    listed(join(root, at.layers)).filter((folder) => existsSync(join(root, at.layers, folder, sharedMark))),
  );
}

/**
 * Makes the folder of a golden layer in the machine's root, still without content.
 *
 * @param below the folder of its parent in the machine's root, which may be one that the machine pulled itself and so
 *   have another link; undefined at the bottom
 */
export function addFolder(golden: string, root: string, name: string, below: string | undefined): void {
  const folder = join(root, at.layers, name);
  const link = readFileSync(join(golden, at.layers, name, 'link'), 'utf8');
  makeFolder(contentOf(root, name));
  writeFileSync(join(folder, sharedMark), '');
  writeFileSync(join(folder, 'link'), link);
  writeFileSync(join(folder, 'committed'), '');
  if (below !== undefined) {
    makeFolder(join(folder, 'work'));
    writeFileSync(join(folder, 'lower'), onTopOf(join(root, at.layers, below)));
  }
  makeFolder(join(root, at.links));
  rmSync(join(root, at.links, link), { force: true });
  symlinkSync(`../${name}/diff`, join(root, at.links, link));
}

/** The driver's list of what lies below a layer: links, nearest first. */
function onTopOf(parent: string): string {
  const link = `l/${readFileSync(join(parent, 'link'), 'utf8')}`;
  const lower = textOf(join(parent, 'lower'));
  return lower === undefined ? link : `${link}:${lower}`;
}

/** Makes a layer known to the engine. */
export function addRecord(golden: string, root: string, { chain }: Layer): void {
  const record = join(root, at.layerRecords, chain);
  const unfinished = `${record}.new`;
  makeFolder(unfinished);
  cpSync(join(golden, at.layerRecords, chain), unfinished, { recursive: true });
  rmSync(record, { recursive: true, force: true });
  renameSync(unfinished, record);
}

/** Takes a layer from the engine; images that stand on it are gone for the engine too. */
export function removeLayer(root: string, { chain, folder }: Layer): void {
  rmSync(join(root, at.layerRecords, chain), { recursive: true, force: true });
  const link = textOf(join(root, at.layers, folder, 'link'));
  if (link !== undefined) rmSync(join(root, at.links, link), { force: true });
  rmSync(join(root, at.layers, folder), { recursive: true, force: true });
}

/** Adds the golden images to the machine's, whose own stay; where both have a name, it means the golden image. */
export function addImages(golden: string, root: string): void {
  makeFolder(join(root, at.images));
  for (const image of listed(join(golden, at.images))) {
    copyFileSync(join(golden, at.images, image), join(root, at.images, image));
  }
  makeFolder(join(root, at.imageNotes));
  for (const image of listed(join(golden, at.imageNotes))) {
    cpSync(join(golden, at.imageNotes, image), join(root, at.imageNotes, image), { recursive: true });
  }
  writeWhole(join(root, at.names), JSON.stringify(mergeNames(readNames(root), readNames(golden))));
}

/** Of `repositories.json`: repository to reference to image. */
interface Names {
  readonly Repositories: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const readNames = (root: string): Names => JSON.parse(textOf(join(root, at.names)) ?? '{"Repositories":{}}');

function mergeNames({ Repositories: own }: Names, { Repositories: added }: Names): Names {
  const merged = Object.entries(added).map(([repository, names]) => [repository, { ...own[repository], ...names }]);
  return { Repositories: { ...own, ...Object.fromEntries(merged) } };
}
