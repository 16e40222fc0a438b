/** Carries out a plan: a machine's Docker engine, not running yet, gets the images of a golden volume without a copy. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addFolder, addImages, addRecord, contentOf, readLayers, readShared, removeLayer } from './data-root.ts';
import { planLayers } from './plan.ts';

/** Files of a golden volume. */
const goldenFiles = {
  /** Written last: the volume's hash. Without it the volume is unfinished. */
  complete: 'complete',
  /** The data root of the engine that loaded the images. */
  engine: 'engine',
} as const;

/** In the machine's data root: the hash of the volume whose images it got. */
const installedMark = 'devcluster-golden';

/** Mounts folders on folders, all or none that is reported; what is mounted already stays so. */
export type Mount = (mounts: readonly { readonly from: string; readonly to: string }[]) => void;

export interface Installed {
  readonly added: number;
  readonly shared: number;
  readonly forgotten: number;
}

/**
 * Run before every start of the engine: mounts are gone then, while the rest of the data root is kept.
 *
 * A layer is known to the engine only once its content is mounted, and the images only once their layers are known, so
 * a machine that loses power meanwhile finishes at its next boot. Images that somebody removed stay removed.
 *
 * @param volume where the golden volume is mounted
 * @param root the engine's data root
 * @returns undefined when there is no finished volume
 */
export function installGolden(volume: string, root: string, mount: Mount): Installed | undefined {
  const hash = textOf(join(volume, goldenFiles.complete));
  const golden = join(volume, goldenFiles.engine);
  if (hash === undefined || !existsSync(golden)) return undefined;

  const installed = textOf(join(root, installedMark)) === hash;
  const plan = planLayers({
    golden: readLayers(golden),
    present: readLayers(root),
    shared: readShared(root),
    installed,
  });
  for (const layer of plan.forget) removeLayer(root, layer);
  const folders = new Map(readLayers(root).map(({ chain, folder }) => [chain, folder]));
  for (const { chain, parent, folder } of plan.add) {
    addFolder(golden, root, folder, parent === undefined ? undefined : folders.get(parent));
    folders.set(chain, folder);
  }
  mount(plan.share.map(({ from, to }) => ({ from: contentOf(golden, from), to: contentOf(root, to) })));
  for (const layer of plan.add) addRecord(golden, root, layer);
  if (!installed) {
    addImages(golden, root);
    writeFileSync(join(root, installedMark), hash);
  }
  return { added: plan.add.length, shared: plan.share.length, forgotten: plan.forget.length };
}

const textOf = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined);
