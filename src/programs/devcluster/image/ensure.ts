/** The image that machines are made from: found by the hash of everything it is made of, or built. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImageMissing } from '../../../core/errors/docker.ts';
import { ProgramsMissing } from '../../../core/errors/machine-image.ts';
import type { ImageStore, Said } from '../../../ports/docker/images.ts';
import { gather, hashOf, type Source } from './content.ts';
import { bootstrappedImage, type DebianWorld, debianImage, ensureDebian } from './debian.ts';
import { baseHash, ownImage } from './labels.ts';
import { fetchNodePack, type NodePin, readNodePin } from './node-pack.ts';

/** Changes when images of earlier versions of this file no longer fit, though their inputs are the same. */
const format = 1;

export interface ImageWorld extends DebianWorld {
  /** Our package: with `images/node` and the bundled programs in `dist/machine` and `dist/units`. */
  readonly folder: string;
  /** For the steps of the build that reach out: `http_proxy` and its like. */
  readonly proxies: Readonly<Record<string, string>>;
}

export interface NodeImage {
  readonly reference: string;
  readonly id: string;
  /** Whether it had to be built. */
  readonly built: boolean;
}

/** What is to be there, and from what. */
interface Recipe {
  readonly base: { readonly reference: string; readonly sources: readonly Source[]; readonly node: NodePin };
  readonly top: { readonly reference: string; readonly sources: readonly Source[]; readonly labels: Labels };
}

type Labels = Readonly<Record<string, string>>;

/**
 * @throws {ProgramsMissing} @throws {NodePackFailed} @throws {NodePackWrong} @throws {DebianMissing}
 * @throws {BootstrapFailed} @throws {ImageBuildFailed} with the last lines of the step that failed
 */
export async function ensureNodeImage(world: ImageWorld, said: Said): Promise<NodeImage> {
  const { images } = world;
  const { base, top } = await recipeOf(world);
  const present = await images.find(top.reference);
  if (present !== undefined) return { reference: top.reference, id: present.id, built: false };
  if ((await images.find(base.reference)) === undefined) await buildBase(world, base, said);
  const id = await inFolder(async (folder) => {
    await gather(top.sources, folder);
    const spec = { folder, reference: top.reference, arguments: { BASE: base.reference }, labels: top.labels };
    return images.build(spec, said);
  });
  return { reference: top.reference, id, built: true };
}

/** The names of the image and of those it stands on, whether they are there or not. */
export async function nodeImageNames(world: ImageWorld): Promise<readonly string[]> {
  const { base, top } = await recipeOf(world);
  return [top.reference, base.reference, debianImage, bootstrappedImage(world.architecture)];
}

async function recipeOf({ folder, architecture }: ImageWorld): Promise<Recipe> {
  const at = (path: string): string => join(folder, path);
  const programs = at('dist/machine');
  if (!existsSync(programs) || !existsSync(at('dist/units'))) throw new ProgramsMissing({ folder: programs });

  const node = await readNodePin(at('images/node/node-pack.json'), architecture);
  const baseSources = [{ from: at('images/node/base'), to: '' }];
  const topSources = [
    { from: at('images/node/Dockerfile'), to: 'Dockerfile' },
    { from: at('images/node/rootfs'), to: 'rootfs' },
    { from: programs, to: 'lib' },
    { from: at('dist/units'), to: 'units' },
  ];
  const below = await hashOf(baseSources, [format, architecture.debian, node]);
  const above = await hashOf(topSources, [below]);
  return {
    base: { reference: `devcluster/node-base:${below}`, sources: baseSources, node },
    top: {
      reference: `devcluster/node:${above}`,
      sources: topSources,
      labels: { [ownImage]: 'node', [baseHash]: below },
    },
  };
}

/** The slow layer. Fetching Node goes on beside making Debian: they wait for different things. */
async function buildBase(world: ImageWorld, { reference, sources, node }: Recipe['base'], said: Said): Promise<void> {
  await inFolder(async (packs) => {
    const [debian, pack] = await Promise.all([ensureDebian(world, said), fetchNodePack(world.processes, node, packs)]);
    await inFolder(async (folder) => {
      await gather([...sources, { from: pack, to: 'node.tgz' }], folder);
      said('installing systemd, etcd, Docker and ssh');
      const labels = { [ownImage]: 'base' };
      await world.images.build({ folder, reference, arguments: { ...world.proxies, BASE: debian }, labels }, said);
    });
  });
}

async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'devcluster-image-'));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An image that somebody made and chose, instead of ours. @throws {ImageMissing} */
export async function requireImage(images: ImageStore, reference: string): Promise<NodeImage> {
  const present = await images.find(reference);
  if (present === undefined) throw new ImageMissing({ image: reference });
  return { reference, id: present.id, built: false };
}
