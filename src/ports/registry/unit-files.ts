/** Unit files by hash. What a hash stands for never changes, so each file is fetched and parsed once. */
import { ms } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { hashOf, parseUnitFile } from '../../core/unit/file.ts';
import type { UnitFile, UnitHash } from '../../core/unit/types.ts';
import type { Clock } from '../clock/index.ts';
import { type Etcd, type KeyValue, operationsPerTransaction } from '../etcd/index.ts';
import type { Layout } from './layout.ts';

/** From here on reading all files at once is cheaper than asking for each. */
const many = 2 * operationsPerTransaction;
/** More files than any cluster has; a daemon that runs for months must not keep all it ever saw. */
const kept = 20_000;
/** How long to wait before files are asked for again; the watch itself tells when etcd is back. */
const retryAfter = ms(200);

export class UnitFiles {
  readonly #etcd: Etcd;
  readonly #layout: Layout;
  readonly #files = new Map<UnitHash, UnitFile>();

  constructor(etcd: Etcd, layout: Layout) {
    this.#etcd = etcd;
    this.#layout = layout;
  }

  get(hash: UnitHash): UnitFile | undefined {
    return this.#files.get(hash);
  }

  /** Keeps a file as it was read. One whose text does not have its hash is not believed. */
  learn(hash: UnitHash, text: string): void {
    if (this.#files.has(hash)) return;
    const file = parsed(text);
    if (file === undefined || hashOf(file) !== hash) return;
    if (this.#files.size >= kept) for (const oldest of this.#files.keys()) if (this.#files.delete(oldest)) break;
    this.#files.set(hash, file);
  }

  /**
   * Fetches those that are not known yet; ones that do not exist stay unknown.
   *
   * @throws {EtcdUnreachable}
   */
  async fetch(hashes: Iterable<UnitHash>): Promise<void> {
    const missing = [...new Set(hashes)].filter((hash) => !this.#files.has(hash));
    if (missing.length > many) return this.#read([this.#layout.files]);
    for (let at = 0; at < missing.length; at += operationsPerTransaction)
      await this.#read(missing.slice(at, at + operationsPerTransaction).map(this.#layout.file));
  }

  /** Fetches until nothing is missing, or `stop` aborts; what etcd does not have stays missing. */
  async fetchAll(missing: () => readonly UnitHash[], clock: Clock, stop: AbortSignal): Promise<void> {
    while (!stop.aborted && missing().length > 0) {
      try {
        return await this.fetch(missing());
      } catch (error) {
        if (!(error instanceof OperatingError)) throw error;
        await clock.sleep(retryAfter, stop);
      }
    }
  }

  async #read(ranges: readonly string[]): Promise<void> {
    const { results } = await this.#etcd.transact({ ops: ranges.map((get) => ({ get })) });
    for (const { found } of results) for (const one of found) this.#learnFrom(one);
  }

  #learnFrom({ key, value }: KeyValue): void {
    const place = this.#layout.locate(key);
    if (place?.kind === 'file') this.learn(place.hash, value);
  }
}

function parsed(text: string): UnitFile | undefined {
  try {
    return parseUnitFile(text);
  } catch {
    return undefined;
  }
}
