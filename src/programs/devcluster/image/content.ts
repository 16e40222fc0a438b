/** The files that an image is built from: read, hashed, and put together in one folder for the build. */
import { createHash } from 'node:crypto';
import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { by } from '../../../core/base/order.ts';

/** Where files come from, and where they go. */
export interface Source {
  /** A file or a folder of this host. */
  readonly from: string;
  /** Relative to the folder that is built. */
  readonly to: string;
}

interface Entry {
  readonly from: string;
  readonly to: string;
  /** Where it leads, if it is a symbolic link. */
  readonly link?: string;
  /** Whatever umask the checkout was made with: only whether it is a program counts. */
  readonly mode: number;
}

async function entriesOf({ from, to }: Source): Promise<readonly Entry[]> {
  const facts = await lstat(from);
  if (facts.isDirectory()) {
    const names = await readdir(from);
    return (await Promise.all(names.map((name) => entriesOf({ from: join(from, name), to: join(to, name) })))).flat();
  }
  const mode = facts.mode & 0o100 ? 0o755 : 0o644;
  return [facts.isSymbolicLink() ? { from, to, link: await readlink(from), mode: 0o777 } : { from, to, mode }];
}

const allEntries = async (sources: readonly Source[]): Promise<readonly Entry[]> =>
  (await Promise.all(sources.map(entriesOf))).flat().sort(by(({ to }) => to));

/** Changes with any name, mode or content, and with nothing else. */
export async function hashOf(sources: readonly Source[], facts: readonly unknown[]): Promise<string> {
  const entries = await allEntries(sources);
  const contents = await Promise.all(entries.map(({ from, link }) => link ?? readFile(from)));
  const hash = createHash('sha256').update(JSON.stringify(facts));
  for (const [at, { to, mode }] of entries.entries()) {
    const content = contents[at] ?? '';
    hash.update(JSON.stringify([to, mode, content.length])).update(content);
  }
  return hash.digest('hex').slice(0, 12);
}

/** Copies everything to one folder. */
export async function gather(sources: readonly Source[], folder: string): Promise<void> {
  const entries = await allEntries(sources);
  for (const { from, to, link, mode } of entries) {
    const path = join(folder, to);
    await mkdir(dirname(path), { recursive: true });
    if (link !== undefined) await symlink(link, path);
    else {
      await copyFile(from, path);
      await chmod(path, mode);
    }
  }
}
