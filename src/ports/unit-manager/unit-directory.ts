/**
 * Our unit files on disk, their links into systemd, and which of the units were asked to start.
 *
 * We make the links ourselves, as `systemctl link --runtime` would. systemd's own call for it marks every unit of the
 * machine as changed on disk until the next daemon reload, which takes 0.1 s and more; a link alone it finds by itself.
 *
 * The directory stands on a file system that does not outlive a boot, so what it says is true for a restarted agent
 * and gone with the machine's processes. A unit that has done its work and ended looks to systemd like one that never
 * ran; only the note that it was launched keeps a restarted agent from running it again.
 *
 * Everything here is done at once rather than handed to a thread: on a file system in memory a call takes a few
 * microseconds, and handing it over takes fifty.
 */
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { UnitFilesUnusable } from '../../core/errors/systemd.ts';
import { isUnitName, parseUnitFile } from '../../core/unit/index.ts';
import { isGlobal } from '../../core/unit/requirements.ts';
import type { UnitHash, UnitName } from '../../core/unit/types.ts';

export interface FoundFile {
  readonly name: UnitName;
  /** The hash of the text as it stands; a file that somebody edited has another hash than any unit of ours. */
  readonly hash: UnitHash;
  readonly launched: boolean;
  /** Whether systemd's link leads to this file. */
  readonly linked: boolean;
  /** Whether it has an [Install] section. */
  readonly installs: boolean;
  /** Whether it asks for every machine that fits; false when the file cannot be parsed. */
  readonly global: boolean;
}

export interface Contents {
  readonly files: readonly FoundFile[];
  /** Names of files that are no units. */
  readonly strange: readonly string[];
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
  static open(path: string, links: string): UnitDirectory {
    const directory = new UnitDirectory(resolve(path), links);
    directory.#guarded(() => {
      mkdirSync(join(path, launchedNotes), { recursive: true, mode: 0o755 });
      mkdirSync(links, { recursive: true, mode: 0o755 });
    });
    return directory;
  }

  /** @throws {UnitFilesUnusable} */
  read(): Contents {
    return this.#guarded(() => {
      const notes = new Set(readdirSync(join(this.path, launchedNotes)));
      const names = readdirSync(this.path, { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith(unfinished))
        .map(({ name }) => name);
      return {
        files: names.filter(isUnitName).map((name) => this.#found(name, notes.has(name))),
        strange: names.filter((name) => !isUnitName(name)),
      };
    });
  }

  #found(name: UnitName, launched: boolean): FoundFile {
    const text = readFileSync(this.fileOf(name), 'utf8');
    return {
      name,
      hash: createHash('sha1').update(text).digest('hex') as UnitHash,
      launched,
      linked: this.#linkOf(name) === this.fileOf(name),
      installs: /^\[Install\]$/m.test(text),
      global: asksForAll(text, name),
    };
  }

  #linkOf(name: string): string | undefined {
    try {
      return readlinkSync(join(this.#links, name));
    } catch {
      return undefined;
    }
  }

  fileOf(name: string): string {
    return join(this.path, name);
  }

  /** Whole or not at all: systemd may read the file at any moment. @throws {UnitFilesUnusable} */
  write(name: string, text: string): void {
    const target = this.fileOf(name);
    this.#guarded(() => {
      writeFileSync(target + unfinished, text, { mode: 0o644 });
      renameSync(target + unfinished, target);
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
  link(name: string, now: Date): void {
    const link = join(this.#links, name);
    const afterLink = new Date(now.getTime() + 1);
    this.#guarded(() => {
      rmSync(link, { force: true });
      symlinkSync(this.fileOf(name), link);
      utimesSync(this.fileOf(name), afterLink, afterLink);
    });
  }

  /** @throws {UnitFilesUnusable} */
  noteLaunched(name: string, launched: boolean): void {
    const note = join(this.path, launchedNotes, name);
    this.#guarded(() => (launched ? writeFileSync(note, '') : rmSync(note, { force: true })));
  }

  /** @throws {UnitFilesUnusable} */
  remove(name: string): void {
    this.#guarded(() => {
      rmSync(join(this.#links, name), { force: true });
      rmSync(this.fileOf(name), { force: true });
    });
    this.noteLaunched(name, false);
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw new UnitFilesUnusable({ directory: this.path }, { cause });
    }
  }
}

function asksForAll(text: string, name: UnitName): boolean {
  try {
    return isGlobal(parseUnitFile(text), name);
  } catch {
    return false;
  }
}
