/** `devcluster image`: the image that machines are made from. */
import { EngineRefused } from '../../../core/errors/docker.ts';
import type { ImageStore } from '../../../ports/docker/images.ts';
import { builtFor } from '../golden/provide.ts';
import { goldenVolumes, removeUnusedGolden } from '../golden/volume.ts';
import { ownImage } from '../image/labels.ts';
import { stepReporter } from '../reporter.ts';
import { printTable } from '../table.ts';
import type { Desk } from '../world.ts';
import { openEngine, printJson } from './command.ts';

export interface ImageOptions {
  readonly output?: 'text' | 'json';
}

export interface BuildOptions extends ImageOptions {
  /** `--yes`: an engine may be installed and started. */
  readonly yes?: boolean;
}

/** Builds what is missing or out of date; with nothing to do it says so at once. */
export async function imageBuild(desk: Desk, { yes = false, output }: BuildOptions): Promise<void> {
  const reporter = stepReporter(desk.screen, desk.clock, () => 2);
  const engine = await reporter.step('find engine', ({ note }) =>
    desk.engine({ provide: true, agreed: yes, said: note }).then((found) => {
      note(found.host);
      return found;
    }),
  );
  const image = await reporter.step('machine image', ({ note }) =>
    engine.machineImage(note).then((built) => {
      note(built.built ? 'built' : 'present');
      return built;
    }),
  );
  desk.io.out(output === 'json' ? printJson({ schema: 1, ...image }) : image.reference);
}

/** Every image of ours on the engine and whether machines are made from it; and the golden volumes that machines share. */
export async function imageList(desk: Desk, { output }: ImageOptions): Promise<void> {
  const { images, docker } = await openEngine(desk);
  const [own, built, golden, containers] = await Promise.all([
    machineImages(images),
    images.images({ [builtFor]: undefined }),
    goldenVolumes(docker),
    docker.containers({}),
  ]);
  const facts = [...own, ...built]
    .flatMap(({ id, references, labels, bytes }) =>
      references.map((reference) => ({
        reference,
        id,
        kind: labels[builtFor] ?? labels[ownImage] ?? '',
        bytes,
        machines: containers.filter(({ imageId }) => imageId === id).length,
      })),
    )
    .toSorted((a, b) => a.reference.localeCompare(b.reference, 'en'));
  if (output === 'json') {
    desk.io.out(printJson({ schema: 1, images: facts, golden }));
    return;
  }
  if (facts.length === 0) desk.screen.say('There is no machine image yet. Build it: devcluster image build');
  else desk.io.out(printTable(['IMAGE', 'WHAT', 'SIZE', 'MACHINES'], facts.map(row)));
  if (golden.length === 0) return;
  const rows = golden.map(({ name, images: held, finished }) => [
    name,
    held.join(','),
    finished ? 'ready' : 'unfinished',
  ]);
  desk.io.out(`\n${printTable(['GOLDEN VOLUME', 'IMAGES', 'STATE'], rows)}`);
}

/** Machine images and what they stand on. Images of clusters may stand on our Debian, and have inherited its label. */
const machineImages = async (images: ImageStore) =>
  (await images.images({ [ownImage]: undefined })).filter(({ labels }) => labels[builtFor] === undefined);

interface ImageRow {
  readonly reference: string;
  readonly kind: string;
  readonly bytes: number;
  readonly machines: number;
}

const row = ({ reference, kind, bytes, machines }: ImageRow) => [
  reference,
  kind,
  `${Math.round(bytes / 1e6)} MB`,
  String(machines),
];

/**
 * Removes what no machine needs: machine images of earlier versions (all of ours but the current one and what it stands
 * on), golden volumes that no machine mounts, and the images that were built for them.
 */
export async function imagePrune(desk: Desk, { output }: ImageOptions): Promise<void> {
  const engine = await openEngine(desk);
  const kept = new Set(await engine.machineImageNames());
  const own = await machineImages(engine.images);
  const removed: string[] = (await removeUnusedGolden(engine.docker)).map(({ name }) => name);
  if ((await goldenVolumes(engine.docker)).length === 0) {
    for (const { references } of await engine.images.images({ [builtFor]: undefined })) {
      for (const reference of references) if (await removeUnused(engine.images, reference)) removed.push(reference);
    }
  }
  // Machines' images stand on the others, so they go first.
  for (const kind of ['node', 'base', 'debian']) {
    for (const { references } of own.filter(({ labels }) => labels[ownImage] === kind)) {
      for (const reference of references) {
        if (!kept.has(reference) && (await removeUnused(engine.images, reference))) removed.push(reference);
      }
    }
  }
  if (output === 'json') desk.io.out(printJson({ schema: 1, removed }));
  else desk.screen.say(removed.length === 0 ? 'Nothing to remove.' : `Removed ${removed.join(', ')}.`);
}

/** @returns false when a machine is made from it */
async function removeUnused(images: ImageStore, reference: string): Promise<boolean> {
  try {
    await images.remove(reference);
    return true;
  } catch (error) {
    if (error instanceof EngineRefused) return false;
    throw error;
  }
}
