/** What the server knows: the records and the configuration of the store, kept current by its watch. */
import { type DnsConfig, overlayConfig } from '../../core/dns/config.ts';
import { RecordTree } from '../../core/dns/tree.ts';
import { DnsConfigUndecodable } from '../../core/errors/dns.ts';
import { blankRecord, parseRecord } from '../../core/records/record.ts';
import type { Log } from '../../ports/log/index.ts';
import type { RecordStore, RecordsEvent, StoredRecord } from '../../ports/record-store/index.ts';

export interface KnownParts {
  readonly store: RecordStore;
  readonly log: Log;
  /** The first segment of every key. */
  readonly prefix: string;
  /** As the options have it. */
  readonly base: DnsConfig;
}

export class Known {
  /** Undefined until the store was read once; what was read stays when the store goes away. */
  tree: RecordTree | undefined;
  config: DnsConfig;
  /** Grows with every change of records or configuration: answers given before may be wrong. */
  version = 0;
  reachable = false;
  readonly #parts: KnownParts;
  readonly #configKey: string;

  constructor(parts: KnownParts) {
    this.#parts = parts;
    this.#configKey = `/${parts.prefix}/config`;
    this.config = parts.base;
  }

  /**
   * Follows the store until `stop`.
   *
   * @param heard called once, when the store was read or found out of reach
   * @throws {DnsConfigUndecodable} when the first configuration read is broken; a later one is reported and ignored
   */
  async follow(stop: AbortSignal, heard: () => void): Promise<void> {
    const { store, prefix } = this.#parts;
    for await (const event of store.watch(`/${prefix}`, stop)) {
      this.#take(event);
      heard();
    }
  }

  #take(event: RecordsEvent): void {
    const { log } = this.#parts;
    switch (event.kind) {
      case 'all':
        this.#readAll(event.records);
        break;
      case 'changes':
        for (const key of event.removed) this.#remove(key);
        for (const record of event.put) this.#put(record);
        break;
      case 'unreachable':
        log.warn('records out of reach, answering from what is known', { because: event.cause });
        break;
      default:
        event satisfies never;
    }
    if (event.kind !== 'unreachable') {
      if (!this.reachable) log.info('records read', { records: this.tree?.size ?? 0, domain: this.config.domain });
      this.version++;
    }
    this.reachable = event.kind !== 'unreachable';
  }

  #readAll(records: readonly StoredRecord[]): void {
    const isFirst = this.tree === undefined;
    const config = records.find(({ key }) => key === this.#configKey);
    this.#configure(config?.value, isFirst);
    // A new tree is filled before it replaces the old one: there is no moment without records.
    const tree = new RecordTree(this.#parts.prefix);
    for (const record of records) this.#putInto(tree, record);
    this.tree = tree;
  }

  #put(record: StoredRecord): void {
    if (record.key === this.#configKey) this.#configure(record.value, false);
    else if (this.tree !== undefined) this.#putInto(this.tree, record);
  }

  #remove(key: string): void {
    if (key === this.#configKey) this.#configure(undefined, false);
    else this.tree?.remove(key);
  }

  #putInto(tree: RecordTree, { key, value, expiresAt }: StoredRecord): void {
    if (key === this.#configKey) return;
    const parsed = parseRecord(key, value, expiresAt);
    if ('record' in parsed) {
      tree.put(parsed.record);
      return;
    }
    // The name exists, though it has nothing to say; its siblings go on answering.
    tree.put(blankRecord(key));
    this.#parts.log.warn('record skipped', { key, because: parsed.mistake });
  }

  #configure(json: string | undefined, isFatal: boolean): void {
    const { base, log } = this.#parts;
    const overlaid = json === undefined ? { config: base } : overlayConfig(base, json);
    if ('mistake' in overlaid) {
      const error = new DnsConfigUndecodable({ key: this.#configKey, mistake: overlaid.mistake });
      if (isFatal) throw error;
      log.warn('configuration ignored, keeping the one before', { because: error });
      return;
    }
    if (this.tree !== undefined && overlaid.config.listen !== this.config.listen) {
      log.warn('another address takes effect at the next start', { listen: overlaid.config.listen });
    }
    this.config = overlaid.config;
  }
}
