/** `devcluster dist`: the archive that installs fleet on hosts that devcluster did not make. */
import { UsageWrong } from '../../../core/errors/devcluster.ts';
import type { Processes } from '../../../ports/process/index.ts';
import { architectureOf } from '../image/architecture.ts';
import { makeArchive } from '../release/tarball.ts';
import type { Desk } from '../world.ts';
import { printJson } from './command.ts';

export interface DistOptions {
  /** As Node calls it; this host's when not given. */
  readonly arch?: string;
  readonly into?: string;
  readonly output?: 'text' | 'json';
}

/** @param place our package and this host */
export async function dist(
  desk: Desk,
  { arch, into = '.', output }: DistOptions,
  place: { readonly folder: string; readonly architecture: string; readonly processes: Processes },
): Promise<void> {
  if (arch !== undefined && arch !== 'x64' && arch !== 'arm64') {
    throw new UsageWrong({ message: `there is no archive for --arch ${arch}`, remedy: 'Use x64 or arm64.' });
  }
  const architecture = architectureOf((arch ?? place.architecture) === 'x64' ? 'x86_64' : (arch ?? place.architecture));
  const archive = await makeArchive({ ...place, architecture }, into, (line) => desk.screen.say(line));
  desk.io.out(output === 'json' ? printJson({ schema: 1, archive, architecture: architecture.node }) : archive);
}
