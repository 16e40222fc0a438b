/** Fills a golden volume: the engine of a machine, started for a moment in a container, loads the images into it. */
import { minutes, ms, seconds } from '../../../core/base/time.ts';
import { NameTaken } from '../../../core/errors/docker.ts';
import { GoldenFailed } from '../../../core/errors/images.ts';
import type { Clock } from '../../../ports/clock/index.ts';
import type { ImageStore } from '../../../ports/docker/images.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { feedImages, referencesOf } from './load.ts';
import type { ProvidedImage } from './provide.ts';
import { createGolden, goldenName, isFinished, makerLabels, removeGolden, sealGolden } from './volume.ts';

/** In the machine image. @see images/node/rootfs */
const maker = '/usr/lib/devcluster/golden-maker';

/** How long somebody else may take to fill the same volume, and to start doing so. */
const patience = { finished: minutes(5), started: seconds(10) };

export interface GoldenWorld {
  readonly engine: DockerEngine;
  readonly images: ImageStore;
  readonly clock: Clock;
}

export interface GoldenOrder {
  readonly hash: string;
  readonly images: readonly ProvidedImage[];
  /** The image of the machines: only the same engine reads what an engine wrote. */
  readonly machineImage: string;
}

/**
 * The container's name is the lock: who cannot create it waits for the other to finish. A maker whose owner died ends by
 * itself, since its input ends.
 *
 * @throws {GoldenFailed} leaving neither container nor volume
 */
export async function makeGolden(world: GoldenWorld, order: GoldenOrder): Promise<void> {
  const { engine } = world;
  const name = goldenName(order.hash);
  if (!(await lockUnlessFinished(world, name, order))) return;
  try {
    await engine.start(name);
    const renames = order.images.map((image) => `${image.name}=${image.reference}`);
    await feedImages(world, name, [maker, 'make', order.hash, ...renames], order.images);
    // Before the lock goes: whoever waits for it must not take the volume for an unfinished one.
    await sealGolden(engine, order.hash);
  } catch (error) {
    await engine.remove(name);
    await removeGolden(engine, order.hash);
    throw error;
  }
  await engine.remove(name);
}

/** @returns false when there is nothing left to do */
async function lockUnlessFinished({ engine, clock }: GoldenWorld, name: string, order: GoldenOrder): Promise<boolean> {
  const since = clock.now();
  while (!(await isFinished(engine, order.hash))) {
    await createGolden(engine, order.hash, referencesOf(order.images));
    if (await lock(engine, name, order)) return true;
    const waited = clock.now() - since;
    const other = await engine.inspect(name);
    const isGoing = other?.state === 'running' || (other?.state === 'created' && waited < patience.started);
    if (other !== undefined && !isGoing) await engine.remove(name);
    if (waited > patience.finished) {
      const reason = `another run of this tool does not finish it; remove its container: docker rm -f ${name}`;
      throw new GoldenFailed({ images: referencesOf(order.images), reason });
    }
    await clock.sleep(ms(200));
  }
  return false;
}

/** @returns false when somebody else has it */
async function lock(engine: DockerEngine, name: string, { hash, machineImage }: GoldenOrder): Promise<boolean> {
  try {
    await engine.createContainer({
      name,
      image: machineImage,
      // The image's own entrypoint becomes systemd.
      entrypoint: [maker, 'wait'],
      labels: makerLabels(hash),
      environment: {},
      publish: [],
      mounts: [{ kind: 'volume', name, target: '/golden' }],
      // Nothing but what unpacking layers needs: mounting.
      capabilities: ['SYS_ADMIN'],
      unconfined: true,
      privateCgroupNamespace: false,
      tty: false,
    });
    return true;
  } catch (error) {
    if (error instanceof NameTaken) return false;
    throw error;
  }
}
