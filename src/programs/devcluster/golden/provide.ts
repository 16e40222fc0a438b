/** Gets the images that a cluster's units name into the engine of this host: found, pulled or built. */
import { createHash } from 'node:crypto';
import { ImageBuildFailed, ImagePullFailed } from '../../../core/errors/images.ts';
import type { WantedImage } from '../../../core/topology/types.ts';
import type { Clock } from '../../../ports/clock/index.ts';
import type { ImageStore, Said } from '../../../ports/docker/images.ts';
import { pullPromptly } from '../pull-promptly.ts';
import { readBuildFolder } from './folder.ts';

/** On images that we built: the name that units use. The engine's own name for them is ours, and never that one. */
export const builtFor = 'devcluster.image';

/** The repository of images that we built, one tag for each content. */
const builtRepository = 'devcluster-image';

export interface ProvidedImage {
  /** As units name it. */
  readonly reference: string;
  /** As this host's engine names it. */
  readonly name: string;
  /** Changes with the content. */
  readonly content: string;
}

export interface Provider {
  readonly images: ImageStore;
  readonly clock: Clock;
  /** Gives the name of a Debian 13 image, once one is needed. */
  readonly base: () => Promise<string>;
  /** For the steps of a build that reach out: `http_proxy` and its like. */
  readonly proxies: Readonly<Record<string, string>>;
}

/**
 * An image that the engine has under the wanted name is taken as it is; one that we built from the same folder before is
 * next; then the registries are asked; and only what none of them has is built. A build gets a name of our own, so that
 * nobody's `redis:2.8` is replaced by ours.
 *
 * @throws {ImagePullFailed} no registry has it, and the cluster file does not say where to build it
 * @throws {ImageBuildFailed}
 */
export async function provideImage(
  { reference, build: folder }: WantedImage,
  { images, clock, base, proxies }: Provider,
  said: Said,
): Promise<ProvidedImage> {
  const present = await images.find(reference);
  if (present !== undefined) return { reference, name: reference, content: present.id };
  if (folder === undefined) {
    said(`asking the registry for ${reference}`);
    await images.pull(reference, said);
    return pulled(reference, images);
  }

  const { hash, takesBase } = await readBuildFolder(reference, folder);
  const parent = takesBase ? await base() : undefined;
  const parentId = parent === undefined ? undefined : (await images.find(parent))?.id;
  const name = `${builtRepository}:${digest([reference, hash, parentId]).slice(0, 16)}`;
  const built = await images.find(name);
  if (built !== undefined) return { reference, name, content: built.id };

  try {
    said(`asking the registry for ${reference}`);
    await pullPromptly({ images, clock }, reference, said);
    return await pulled(reference, images);
  } catch (error) {
    if (!(error instanceof ImagePullFailed)) throw error;
  }
  said(`building ${reference} from ${folder}`);
  const labels = { [builtFor]: reference };
  const spec = {
    folder,
    reference: name,
    arguments: { ...proxies, ...(parent === undefined ? {} : { BASE: parent }) },
    labels,
  };
  const content = await images.build(spec, said).catch((error: unknown) => {
    // A person knows the image by the name in the cluster file.
    throw error instanceof ImageBuildFailed
      ? new ImageBuildFailed({ ...error.facts, image: reference }, { cause: error })
      : error;
  });
  return { reference, name, content };
}

async function pulled(reference: string, images: ImageStore): Promise<ProvidedImage> {
  return { reference, name: reference, content: (await images.find(reference))?.id ?? reference };
}

const digest = (facts: unknown): string => createHash('sha256').update(JSON.stringify(facts)).digest('hex');
