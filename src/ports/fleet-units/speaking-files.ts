/** Fleet's unit files that could name a service, as they come and go. */
import { type FSWatcher, readdirSync, readFileSync, watch } from 'node:fs';
import { basename, join } from 'node:path';
import { UnitFilesUnusable } from '../../core/errors/systemd.ts';

/** Without such a word in it, a unit file sets no variable that registrator reads. */
const variable = /SERVICE_/;

export class SpeakingFiles implements Disposable {
  readonly #directory: string;
  readonly #changed: (name: string, speaks: boolean) => void;
  readonly #speaking = new Set<string>();
  readonly #unread = new Set<string>();
  #watcher: FSWatcher | undefined;

  /** @param changed told of each file of a service that begins to speak, or ends; not of what `read` finds */
  constructor(directory: string, changed: (name: string, speaks: boolean) => void) {
    this.#directory = directory;
    this.#changed = changed;
  }

  has(name: string): boolean {
    return this.#speaking.has(name);
  }

  get names(): ReadonlySet<string> {
    return this.#speaking;
  }

  /** Reads all of them, and watches the directory where it does not yet. @throws {UnitFilesUnusable} */
  read(): void {
    // Watched first: what comes while they are read is read twice.
    this.#watch();
    const there = new Set(this.#list());
    for (const name of this.#speaking) if (!there.has(name)) this.#speaking.delete(name);
    for (const name of there) this.#judge(name);
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    try {
      this.#watcher = watch(this.#directory, (_, name) => {
        // The directory itself is gone; whoever reads next watches the one that is there then.
        if (name === basename(this.#directory)) this[Symbol.dispose]();
        else if (name?.endsWith('.service')) this.#readSoon(name);
      });
      this.#watcher.on('error', () => this[Symbol.dispose]());
    } catch {
      // fleetd makes it when it starts.
    }
  }

  /** A file that is written is told of several times. */
  #readSoon(name: string): void {
    if (this.#unread.size === 0) setImmediate(() => this.#readUnread());
    this.#unread.add(name);
  }

  #readUnread(): void {
    const names = [...this.#unread];
    this.#unread.clear();
    for (const name of names) {
      const before = this.has(name);
      const now = this.#judge(name);
      if (before || now) this.#changed(name, now);
    }
  }

  #judge(name: string): boolean {
    const speaks = variable.test(this.#textOf(name));
    if (speaks) this.#speaking.add(name);
    else this.#speaking.delete(name);
    return speaks;
  }

  /** Of a file that is gone, or cannot be read, nothing. The directory lies in memory: a read waits for no disk. */
  #textOf(name: string): string {
    try {
      return readFileSync(join(this.#directory, name), 'utf8');
    } catch {
      return '';
    }
  }

  #list(): readonly string[] {
    try {
      return readdirSync(this.#directory).filter((name) => name.endsWith('.service'));
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return [];
      throw new UnitFilesUnusable({ directory: this.#directory }, { cause });
    }
  }
}
