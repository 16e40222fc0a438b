/**
 * The golden volumes of an engine: each holds a set of images, loaded once by the engine of a machine, for any number of
 * machines to share. They are a cache: clusters come and go without them, and whatever no machine mounts may be removed.
 */
import { EngineRefused } from '../../../core/errors/docker.ts';
import type { DockerEngine, VolumeFacts } from '../../../ports/docker/index.ts';

/** Where a machine has its golden volume, read-only. @see images/node/rootfs, devcluster-golden.service */
export const goldenMount = '/opt/devcluster/golden';

const labels = {
  /** The hash, on the volume and on the container that fills it. */
  golden: 'devcluster.golden',
  /** The images in it as units name them, as JSON. */
  images: 'devcluster.golden.images',
  /** On an empty volume that is made last: only with it is the other one finished. Labels cannot be added later. */
  seal: 'devcluster.golden.seal',
} as const;

export interface GoldenVolume {
  readonly name: string;
  readonly hash: string;
  readonly images: readonly string[];
  /** Whether everything is in it. */
  readonly finished: boolean;
}

export const goldenName = (hash: string): string => `devcluster-golden-${hash}`;
const sealName = (hash: string): string => `${goldenName(hash)}-seal`;

/** The labels of the container that fills a volume. */
export const makerLabels = (hash: string): Record<string, string> => ({ [labels.golden]: hash });

export async function goldenVolumes(engine: DockerEngine): Promise<readonly GoldenVolume[]> {
  const [volumes, seals] = await Promise.all([
    engine.volumes({ [labels.images]: undefined }),
    engine.volumes({ [labels.seal]: undefined }),
  ]);
  const sealed = new Set(seals.map((seal) => seal.labels[labels.seal]));
  return volumes.map((volume) => goldenVolume(volume, sealed)).sort((a, b) => (a.hash < b.hash ? -1 : 1));
}

const goldenVolume = ({ name, labels: said }: VolumeFacts, sealed: ReadonlySet<string | undefined>): GoldenVolume => ({
  name,
  hash: said[labels.golden] ?? '',
  images: JSON.parse(said[labels.images] ?? '[]') as string[],
  finished: sealed.has(said[labels.golden]),
});

export const isFinished = async (engine: DockerEngine, hash: string): Promise<boolean> =>
  (await goldenVolumes(engine)).some((volume) => volume.hash === hash && volume.finished);

/** Empty, and so unfinished; does nothing when it is there already. */
export const createGolden = (engine: DockerEngine, hash: string, images: readonly string[]): Promise<void> =>
  engine.createVolume(goldenName(hash), { [labels.golden]: hash, [labels.images]: JSON.stringify(images) });

export const sealGolden = (engine: DockerEngine, hash: string): Promise<void> =>
  engine.createVolume(sealName(hash), { [labels.golden]: hash, [labels.seal]: hash });

/** @returns whether it is gone: a volume that a machine mounts, running or not, stays */
export async function removeGolden(engine: DockerEngine, hash: string): Promise<boolean> {
  try {
    await engine.removeVolume(goldenName(hash));
  } catch (error) {
    if (error instanceof EngineRefused) return false;
    throw error;
  }
  // Last, because a seal without its volume means nothing, while a volume without its seal counts as unfinished.
  await engine.removeVolume(sealName(hash));
  return true;
}

/** Removes every golden volume that no machine mounts. @returns those that are gone */
export async function removeUnusedGolden(engine: DockerEngine): Promise<readonly GoldenVolume[]> {
  const removed: GoldenVolume[] = [];
  for (const volume of await goldenVolumes(engine)) if (await removeGolden(engine, volume.hash)) removed.push(volume);
  return removed;
}

/** Removes what an interrupted `up` left: containers that fill no volume any more, and half-filled volumes. */
export async function removeUnfinishedGolden(engine: DockerEngine): Promise<void> {
  for (const maker of await engine.containers({ [labels.golden]: undefined })) {
    if (maker.state !== 'running') await engine.remove(maker.name);
  }
  for (const volume of await goldenVolumes(engine)) if (!volume.finished) await removeGolden(engine, volume.hash);
}
