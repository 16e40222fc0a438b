/** What `up` does about the images of a cluster file: they are there, and every machine finds them in its engine. */
import { createHash } from 'node:crypto';
import type { Mount, WantedImage } from '../../../core/topology/types.ts';
import type { Said } from '../../../ports/docker/images.ts';
import { baseHash } from '../image/labels.ts';
import { referencesOf } from './load.ts';
import { type GoldenWorld, makeGolden } from './make.ts';
import { type ProvidedImage, provideImage } from './provide.ts';
import { goldenMount, goldenName, goldenVolumes, removeGolden } from './volume.ts';

/** Changes when volumes of earlier versions of this tool no longer fit. */
const format = 1;

export interface GoldenRequest {
  readonly wanted: readonly WantedImage[];
  /** The reference of the image of the machines. */
  readonly machineImage: string;
  /** Gives the name of a Debian 13 image to build on, once one is needed. */
  readonly base: () => Promise<string>;
  /** For the steps of a build that reach out: `http_proxy` and its like. */
  readonly proxies?: Readonly<Record<string, string>>;
}

export interface Golden {
  /** Mounted by every machine that is made from now on. */
  readonly volume: string;
  readonly images: readonly ProvidedImage[];
}

/**
 * Builds or pulls what is missing, and puts all of it into one volume, unless a volume with just this content is there.
 * Older volumes for the same images go, if no machine mounts them.
 *
 * @returns undefined when no images are wanted
 * @throws {ImagePullFailed} @throws {ImageBuildFailed} @throws {GoldenFailed} leaving nothing half-done
 */
export async function ensureGoldenImages(
  world: GoldenWorld,
  { wanted, machineImage, base, proxies = {} }: GoldenRequest,
  said: Said,
): Promise<Golden | undefined> {
  if (wanted.length === 0) return undefined;
  const images: ProvidedImage[] = [];
  const provider = { images: world.images, clock: world.clock, base, proxies };
  // One after the other: builds compete for the same disk, and their output would be unreadable.
  for (const image of wanted) images.push(await provideImage(image, provider, said));

  const hash = digest([format, await engineIn(world, machineImage), contentOf(images)]).slice(0, 12);
  const volumes = await goldenVolumes(world.engine);
  if (!volumes.some((volume) => volume.hash === hash && volume.finished)) {
    const references = referencesOf(images);
    said(`loading ${references.join(', ')} for the machines`);
    await makeGolden(world, { hash, images, machineImage });
    for (const old of volumes) {
      if (old.hash !== hash && old.images.join() === references.join()) await removeGolden(world.engine, old.hash);
    }
  }
  return { volume: goldenName(hash), images };
}

/** What every machine mounts so that its engine has these images; nothing when there are none. */
export const goldenMounts = (golden: Golden | undefined): readonly Mount[] =>
  golden === undefined ? [] : [{ kind: 'volume', name: golden.volume, target: goldenMount, readOnly: true }];

/** Stands for the engine: that of the slow layer, which the thin one with our programs does not change. */
async function engineIn({ images }: GoldenWorld, machineImage: string): Promise<string | undefined> {
  const machine = await images.find(machineImage);
  return machine?.labels[baseHash] ?? machine?.id;
}

const contentOf = (images: readonly ProvidedImage[]): string[] =>
  images.map(({ reference, content }) => `${reference}=${content}`).sort();

const digest = (facts: unknown): string => createHash('sha256').update(JSON.stringify(facts)).digest('hex');
