/** A folder that an image is built from: what its content hashes to, and whether it stands on our base. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageBuildFailed } from '../../../core/errors/images.ts';
import { hashOf } from '../image/content.ts';

export interface BuildFolder {
  /** Of every name, mode and content below it. */
  readonly hash: string;
  /** Whether its Dockerfile declares `ARG BASE`, the name of a Debian 13 image that this tool provides. */
  readonly takesBase: boolean;
}

/** @throws {ImageBuildFailed} when it cannot be read, or has no Dockerfile */
export async function readBuildFolder(image: string, folder: string): Promise<BuildFolder> {
  const unreadable = (reason: string) => (cause: Error) => {
    throw new ImageBuildFailed({ image, folder, reason, lines: [] }, { cause });
  };
  const hash = await hashOf([{ from: folder, to: '' }], []).catch(unreadable('the folder cannot be read'));
  const dockerfile = await readFile(join(folder, 'Dockerfile'), 'utf8').catch(unreadable('it has no Dockerfile'));
  return { hash, takesBase: /^\s*ARG\s+BASE\b/im.test(dockerfile) };
}
