/** Changed images, for machines that are there already: they cannot mount another golden volume. */
import type { ImageStore } from '../../../ports/docker/images.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import type { Golden } from './golden.ts';
import { feedImages } from './load.ts';
import type { ProvidedImage } from './provide.ts';

/** Beside the images that it tells of: reference to content, of what was loaded since the machine was made. */
const record = '/var/lib/docker/devcluster-images.json';

interface World {
  readonly docker: DockerEngine;
  readonly images: ImageStore;
}

/** What a running machine would get from `freshen`; starts nothing in it. */
export async function staleImages(
  { docker }: Pick<World, 'docker'>,
  container: string,
  golden: Golden,
): Promise<readonly ProvidedImage[]> {
  const machine = await docker.inspect(container);
  if (machine?.state !== 'running' || machine.volumes.includes(golden.volume)) return [];
  const loaded = await loadedInto(docker, container);
  return golden.images.filter(({ reference, content }) => loaded[reference] !== content);
}

/**
 * Loads images into the engine of a running machine. It takes seconds, and the machine's disk; containers that run keep
 * what they were started from.
 *
 * @throws {GoldenFailed} @throws {NotRunning}
 */
export async function freshen(
  { docker, images }: World,
  container: string,
  stale: readonly ProvidedImage[],
): Promise<void> {
  const news = Object.fromEntries(stale.map(({ reference, content }) => [reference, content]));
  const written = JSON.stringify({ ...(await loadedInto(docker, container)), ...news });
  const steps = [
    'docker load --quiet',
    ...stale
      .filter(({ name, reference }) => name !== reference)
      .map(({ name, reference }) => `docker tag ${name} ${reference} && docker rmi ${name}`),
    `printf '%s' '${written}' > ${record}`,
  ];
  await feedImages({ engine: docker, images }, container, ['/bin/sh', '-c', steps.join(' && ')], stale);
}

const loadedInto = async (docker: DockerEngine, container: string): Promise<Readonly<Record<string, string>>> =>
  JSON.parse((await docker.readFile(container, record)) ?? '{}');
