/**
 * Our unit files on disk, their links into systemd, and which of the units were asked to start.
 *
 * We make the links ourselves, as `systemctl link --runtime` would. systemd's own call for it marks every unit of the
 * machine as changed on disk until the next daemon reload, which takes 0.1 s and more; a link alone it finds by itself.
 *
 * The directory stands on a file system that does not outlive a boot, so what it says is true for a restarted agent
 * and gone with the machine's processes. A unit that has done its work and ended looks to systemd like one that never
 * ran; only the note that it was launched keeps a restarted agent from running it again.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UnitFilesUnusable } from '../../core/errors/systemd.ts';
import type { UnitHash } from '../../core/unit/types.ts';

export interface FoundFile {
  readonly name: string;
  /** The hash of the text as it stands; a file that somebody edited has another hash than any unit of ours. */
  readonly hash: UnitHash;
  readonly launched: boolean;
  /** Whether systemd's link leads to this file. */
  readonly linked: boolean;
  /** Whether it has an [Install] section. */
  readonly installs: boolean;
}

const launchedNotes = '.launched';
const unfinished = '.tmp';

export class UnitDirectory {
  readonly path: string;
  readonly #links: string;

  private constructor(path: string, links: string) {
    this.path = path;
    this.#links = links;
  }

  /**
   * Creates the directories where they are missing.
   *
   * @param links where systemd looks for units that do not outlive a boot
   * @throws {UnitFilesUnusable}
   */
  static async open(path: string, links: string): Promise<UnitDirectory> {
    const directory = new UnitDirectory(resolve(path), links);
    await directory.#guarded(async () => {
      await mkdir(join(path, launchedNotes), { recursive: true, mode: 0o755 });
      await mkdir(links, { recursive: true, mode: 0o755 });
    });
    return directory;
  }

  /** @throws {UnitFilesUnusable} */
  async read(): Promise<readonly FoundFile[]> {
    return this.#guarded(async () => {
      const notes = new Set(await readdir(join(this.path, launchedNotes)));
      const entries = await readdir(this.path, { withFileTypes: true });
      const names = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(unfinished));
      return Promise.all(
        names.map(async ({ name }) => {
          const text = await readFile(this.fileOf(name), 'utf8');
          return {
            name,
            hash: createHash('sha1').update(text).digest('hex') as UnitHash,
            launched: notes.has(name),
            linked: (await readlink(join(this.#links, name)).catch(() => '')) === this.fileOf(name),
            installs: /^\[Install\]$/m.test(text),
          };
        }),
      );
    });
  }

  fileOf(name: string): string {
    return join(this.path, name);
  }

  /** Whole or not at all: systemd may read the file at any moment. @throws {UnitFilesUnusable} */
  async write(name: string, text: string): Promise<void> {
    const target = this.fileOf(name);
    await this.#guarded(async () => {
      await writeFile(target + unfinished, text, { mode: 0o644 });
      await rename(target + unfinished, target);
    });
  }

  /**
   * Links the file to where systemd looks, whatever stood there.
   *
   * The file is dated after the link: systemd compares the date of the link with the date of the file that it read, and
   * with a younger link believes for ever that it holds an older version.
   *
   * @throws {UnitFilesUnusable}
   */
  async link(name: string, now: Date): Promise<void> {
    const link = join(this.#links, name);
    const afterLink = new Date(now.getTime() + 1);
    await this.#guarded(async () => {
      await rm(link, { force: true });
      await symlink(this.fileOf(name), link);
      await utimes(this.fileOf(name), afterLink, afterLink);
    });
  }

  /** @throws {UnitFilesUnusable} */
  async noteLaunched(name: string, launched: boolean): Promise<void> {
    const note = join(this.path, launchedNotes, name);
    await this.#guarded(() => (launched ? writeFile(note, '') : rm(note, { force: true })));
  }

  /** @throws {UnitFilesUnusable} */
  async remove(name: string): Promise<void> {
    await this.#guarded(async () => {
      await rm(join(this.#links, name), { force: true });
      await rm(this.fileOf(name), { force: true });
    });
    await this.noteLaunched(name, false);
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new UnitFilesUnusable({ directory: this.path }, { cause });
    }
  }
}
