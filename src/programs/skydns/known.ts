/** What the server knows: the records and the configuration of the store, kept current by its watch. */
import { type DnsConfig, overlayConfig } from '../../core/dns/config.ts';
import { findStubs, noStubs, type Stubs, stubRootOf } from '../../core/dns/stubs.ts';
import { RecordTree } from '../../core/dns/tree.ts';
import { DnsConfigUndecodable } from '../../core/errors/dns.ts';
import { keyOfName } from '../../core/records/name.ts';
import { blankRecord, parseRecord } from '../../core/records/record.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { RecordStore, RecordsEvent, StoredRecord } from '../../ports/record-store/index.ts';

export interface KnownParts {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly log: Log;
  /** The first segment of every key. */
  readonly prefix: string;
  /** As the options have it. */
  readonly base: DnsConfig;
  /** Whether stub zones are looked for. */
  readonly stubZones: boolean;
}

export class Known {
  /** Undefined until the store was read once; what was read stays when the store goes away. */
  tree: RecordTree | undefined;
  config: DnsConfig;
  stubs: Stubs = noStubs;
  /** Grows with every change of records or configuration: answers given before may be wrong. */
  version = 0;
  reachable = false;
  /** An instant of the clock: since when only memory answers; undefined while the store is followed. */
  unreachableSince: number | undefined;
  /** Keys whose value cannot be read. */
  readonly #unreadable = new Set<string>();
  #stubsOutdated = false;
  readonly #parts: KnownParts;
  readonly #configKey: string;

  constructor(parts: KnownParts) {
    this.#parts = parts;
    this.#configKey = `/${parts.prefix}/config`;
    this.config = parts.base;
    this.unreachableSince = parts.clock.now();
  }

  /** How many records cannot be read. */
  get skipped(): number {
    return this.#unreadable.size;
  }

  /** What is missing to answer with confidence: the configuration and records once read, and followed now. */
  unready(): readonly string[] {
    return this.tree === undefined ? ['config', 'etcd'] : this.reachable ? [] : ['etcd'];
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
    if (event.kind === 'unreachable') {
      this.unreachableSince ??= this.#parts.clock.now();
      this.reachable = false;
      return;
    }
    if (!this.reachable) log.info('records read', { records: this.tree?.size ?? 0, domain: this.config.domain });
    this.#refreshStubs();
    this.version++;
    this.reachable = true;
    this.unreachableSince = undefined;
  }

  /** Only after a change that can have touched them: they are few, and records change all the time. */
  #refreshStubs(): void {
    const { log, stubZones } = this.#parts;
    if (!stubZones || !this.#stubsOutdated || this.tree === undefined) return;
    this.#stubsOutdated = false;
    const { stubs, mistakes } = findStubs(this.tree, this.config.domain);
    for (const { key, because } of mistakes) log.warn('stub zone skipped', { key, because });
    if (stubs.size > 0 || this.stubs.size > 0) log.info('stubzone update', { zones: [...stubs.keys()].join(',') });
    this.stubs = stubs;
  }

  /** Marks the stub zones as outdated when the key is one of theirs. */
  #touched(key: string): void {
    const { prefix } = this.#parts;
    if (key.startsWith(`${keyOfName(prefix, stubRootOf(this.config.domain))}/`)) this.#stubsOutdated = true;
  }

  #readAll(records: readonly StoredRecord[]): void {
    const isFirst = this.tree === undefined;
    const config = records.find(({ key }) => key === this.#configKey);
    this.#configure(config?.value, isFirst);
    // A new tree is filled before it replaces the old one: there is no moment without records.
    const tree = new RecordTree(this.#parts.prefix);
    this.#unreadable.clear();
    this.#stubsOutdated = true;
    for (const record of records) this.#putInto(tree, record);
    this.tree = tree;
  }

  #put(record: StoredRecord): void {
    if (record.key === this.#configKey) this.#configure(record.value, false);
    else if (this.tree !== undefined) this.#putInto(this.tree, record);
  }

  #remove(key: string): void {
    if (key === this.#configKey) this.#configure(undefined, false);
    else {
      this.tree?.remove(key);
      this.#unreadable.delete(key);
      this.#touched(key);
    }
  }

  #putInto(tree: RecordTree, { key, value, expiresAt }: StoredRecord): void {
    if (key === this.#configKey) return;
    this.#touched(key);
    const parsed = parseRecord(key, value, expiresAt);
    if ('record' in parsed) {
      tree.put(parsed.record);
      this.#unreadable.delete(key);
      return;
    }
    // The name exists, though it has nothing to say; its siblings go on answering.
    tree.put(blankRecord(key));
    this.#unreadable.add(key);
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
    const { listen, systemd, domain } = overlaid.config;
    if (this.tree !== undefined && (listen !== this.config.listen || systemd !== this.config.systemd)) {
      log.warn('another address takes effect at the next start', { listen, systemd });
    }
    if (domain !== this.config.domain) this.#stubsOutdated = true;
    this.config = overlaid.config;
  }
}
