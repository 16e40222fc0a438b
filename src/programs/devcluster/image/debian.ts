/** A Debian 13 image to build on: the engine's, a registry's, or one made here from a Debian mirror. */
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImagePullFailed } from '../../../core/errors/images.ts';
import { BootstrapFailed, DebianMissing } from '../../../core/errors/machine-image.ts';
import type { Clock } from '../../../ports/clock/index.ts';
import type { ImageStore, Said } from '../../../ports/docker/images.ts';
import type { Processes } from '../../../ports/process/index.ts';
import { aptInstall } from '../apt.ts';
import { pullPromptly } from '../pull-promptly.ts';
import type { Architecture } from './architecture.ts';
import { ownImage } from './labels.ts';

export const debianImage = 'debian:trixie-slim';
/** The one that is made here, where nobody has Debian's own. */
export const bootstrappedImage = ({ debian }: Architecture): string => `devcluster/debian:trixie-${debian}`;

export const usualMirror = 'http://deb.debian.org/debian';

export interface DebianWorld {
  readonly images: ImageStore;
  readonly processes: Processes;
  readonly clock: Clock;
  /** Of the engine. */
  readonly architecture: Architecture;
  /** Whether this host can make file systems for the engine: Linux, root, and the same architecture. */
  readonly canBootstrap: boolean;
  readonly mirror: string;
}

/** @returns the name of the image @throws {DebianMissing} @throws {BootstrapFailed} @throws {PackageMissing} */
export async function ensureDebian(world: DebianWorld, said: Said): Promise<string> {
  const { images, architecture, canBootstrap } = world;
  const bootstrapped = bootstrappedImage(architecture);
  for (const name of [debianImage, bootstrapped]) if (await images.find(name)) return name;
  try {
    said(`asking the registry for ${debianImage}`);
    await (canBootstrap ? pullPromptly(world, debianImage, said) : images.pull(debianImage, said));
    return debianImage;
  } catch (error) {
    if (!(error instanceof ImagePullFailed)) throw error;
    // Only what its engine's host can do itself makes a failing registry a matter of course.
    if (!canBootstrap) throw new DebianMissing({ image: debianImage, reason: error.facts.reason }, { cause: error });
  }
  await bootstrap(world, bootstrapped, said);
  return bootstrapped;
}

/** Documentation and translations, which an image of Debian's own does not have either. */
const excluded = ['/usr/share/doc/*', '/usr/share/info/*', '/usr/share/locale/*', '/usr/share/man/*'];

async function bootstrap(world: DebianWorld, reference: string, said: Said): Promise<void> {
  const { processes, mirror, architecture, images } = world;
  const has = await processes.run({ command: 'mmdebstrap', args: ['--version'] });
  if (has.code !== 0) {
    said('installing mmdebstrap');
    await aptInstall(processes, { packages: ['mmdebstrap', 'debian-archive-keyring'], command: 'mmdebstrap' }, said);
  }
  const folder = await mkdtemp(join(tmpdir(), 'devcluster-debian-'));
  try {
    const archive = join(folder, 'debian.tar');
    const lines: string[] = [];
    said(`making Debian 13 from ${mirror}`);
    const { code } = await processes.run({
      command: 'mmdebstrap',
      args: [
        '--mode=root',
        '--variant=minbase',
        `--architectures=${architecture.debian}`,
        ...excluded.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
        'trixie',
        archive,
        mirror,
      ],
      said: (line) => {
        lines.push(line);
        said(line);
      },
    });
    if (code !== 0) {
      throw new BootstrapFailed({ mirror, reason: `mmdebstrap ended with ${code}`, lines: lines.slice(-10) });
    }
    said('importing Debian 13 into the engine');
    await images.import(createReadStream(archive), { reference, labels: { [ownImage]: 'debian' } });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
