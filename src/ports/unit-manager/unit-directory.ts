/**
 * Our unit files on disk, and which of the units were asked to start.
 *
 * The directory stands on a file system that does not outlive a boot, so what it says is true for a restarted agent
 * and gone with the machine's processes. A unit that has done its work and ended looks to systemd like one that never
 * ran; only the note that it was launched keeps a restarted agent from running it again.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnitFilesUnusable } from '../../core/errors/systemd.ts';
import type { UnitHash } from '../../core/unit/types.ts';

export interface FoundFile {
  readonly name: string;
  /** The hash of the text as it stands; a file that somebody edited has another hash than any unit of ours. */
  readonly hash: UnitHash;
  readonly launched: boolean;
}

const launchedNotes = '.launched';
const unfinished = '.tmp';

export class UnitDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Creates the directory where it is missing. @throws {UnitFilesUnusable} */
  static async open(path: string): Promise<UnitDirectory> {
    const directory = new UnitDirectory(path);
    await directory.#guarded(() => mkdir(join(path, launchedNotes), { recursive: true, mode: 0o755 }));
    return directory;
  }

  /** @throws {UnitFilesUnusable} */
  async read(): Promise<readonly FoundFile[]> {
    return this.#guarded(async () => {
      const notes = new Set(await readdir(join(this.path, launchedNotes)));
      const entries = await readdir(this.path, { withFileTypes: true });
      const names = entries.filter((entry) => entry.isFile() && !entry.name.endsWith(unfinished));
      return Promise.all(
        names.map(async ({ name }) => ({
          name,
          hash: createHash('sha1')
            .update(await readFile(this.fileOf(name)))
            .digest('hex') as UnitHash,
          launched: notes.has(name),
        })),
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
   * Dates the file after the link that systemd has just made to it. systemd compares the date of the link with the
   * date of the file that it read: with a younger link it believes that it holds an older version, for ever.
   *
   * @throws {UnitFilesUnusable}
   */
  async makeNewerThanLink(name: string, now: Date): Promise<void> {
    const after = new Date(now.getTime() + 1);
    await this.#guarded(() => utimes(this.fileOf(name), after, after));
  }

  /** @throws {UnitFilesUnusable} */
  async noteLaunched(name: string, launched: boolean): Promise<void> {
    const note = join(this.path, launchedNotes, name);
    await this.#guarded(() => (launched ? writeFile(note, '') : rm(note, { force: true })));
  }

  /** @throws {UnitFilesUnusable} */
  async remove(name: string): Promise<void> {
    await this.#guarded(() => rm(this.fileOf(name), { force: true }));
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
