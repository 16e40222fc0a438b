/** The archive that puts fleetd, fleetctl, skydns and registrator on any systemd host, with the Node that runs them. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ArchiveFailed, ProgramsMissing } from '../../../core/errors/machine-image.ts';
import { toolVersion } from '../../../core/topology/types.ts';
import type { Processes } from '../../../ports/process/index.ts';
import type { Architecture } from '../image/architecture.ts';
import { gather, type Source } from '../image/content.ts';
import { fetchNodePack, readNodePin } from '../image/node-pack.ts';

export interface ReleaseWorld {
  readonly processes: Processes;
  /** Our package: with `images` and the bundled programs in `dist/machine` and `dist/units`. */
  readonly folder: string;
  readonly architecture: Architecture;
}

/** Of the programs only what a host needs: images of clusters are shared in machines alone. */
const left = /^golden-layers/;

export const archiveName = ({ node }: Architecture): string => `devcluster-fleet-${toolVersion}-linux-${node}`;

/**
 * @param into the folder that gets the archive
 * @returns its path; the same inputs make the same bytes
 * @throws {ProgramsMissing} @throws {NodePackFailed} @throws {NodePackWrong} @throws {ArchiveFailed}
 */
export async function makeArchive(
  { processes, folder, architecture }: ReleaseWorld,
  into: string,
  said: (line: string) => void,
): Promise<string> {
  const at = (path: string): string => join(folder, path);
  const programs = at('dist/machine');
  if (!existsSync(programs) || !existsSync(at('dist/units'))) throw new ProgramsMissing({ folder: programs });
  const name = archiveName(architecture);
  const archive = resolve(into, `${name}.tar.gz`);
  const work = await mkdtemp(join(tmpdir(), 'devcluster-release-'));
  const run = async (command: string, ...args: readonly string[]): Promise<void> => {
    const { code, err } = await processes.run({ command, args });
    if (code !== 0) throw new ArchiveFailed({ archive, reason: err.trim() || `${command} ended with ${code}` });
  };
  try {
    said(`fetching Node for linux-${architecture.node}`);
    const pin = await readNodePin(at('images/node/node-pack.json'), architecture);
    const pack = await fetchNodePack(processes, pin, work);
    await run('tar', '-xzf', pack, '-C', work, 'package/bin/node');
    const libraries = (await readdir(programs)).filter((file) => file.endsWith('.mjs') && !left.test(file));
    const sources: readonly Source[] = [
      { from: at('images/host'), to: '' },
      { from: at('images/node/rootfs/usr/bin'), to: 'usr/bin' },
      { from: at('dist/units'), to: 'usr/lib/systemd/system' },
      { from: at('LICENSE'), to: 'LICENSE' },
      { from: at('docs/install.md'), to: 'README.md' },
      { from: join(work, 'package/bin/node'), to: 'opt/devcluster/bin/node' },
      ...libraries.map((file) => ({ from: join(programs, file), to: `opt/devcluster/lib/${file}` })),
    ];
    await gather(sources, join(work, name));
    said('packing');
    await mkdir(into, { recursive: true });
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    await run('tar', '-C', work, ...same, '--use-compress-program=gzip -n', '-cf', archive, name);
    return archive;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
