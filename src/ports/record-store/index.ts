/**
 * The tree of service records that DNS answers from: SkyDNS's keys and values on etcd v3. `memory.ts` is its twin.
 *
 * Keys are whole strings such as `/skydns/test/cluster/redis/redis-1`; values are the JSON text as stored.
 */
import type { Millis } from '../../core/base/time.ts';

export interface StoredRecord {
  readonly key: string;
  readonly value: string;
  /** The instant on the given clock at which the key expires by a ttl of its own; undefined when it has none. */
  readonly expiresAt?: Millis;
}

export type RecordsEvent =
  /** The complete set: at the start, and again whenever continuity was lost. */
  | { readonly kind: 'all'; readonly records: readonly StoredRecord[] }
  /** Both lists are empty when nothing changed while the store was out of reach, and now it is not. */
  | { readonly kind: 'changes'; readonly put: readonly StoredRecord[]; readonly removed: readonly string[] }
  /** The store went out of reach; what was seen last is what is known until the next event. */
  | { readonly kind: 'unreachable'; readonly cause: unknown };

export interface RecordStore extends AsyncDisposable {
  /** Every record below `prefix`, then every change, without loss; reconnects by itself until `stop`. */
  watch(prefix: string, stop: AbortSignal): AsyncIterable<RecordsEvent>;
  /** @throws {RecordStoreUnreachable} */
  list(prefix: string): Promise<readonly StoredRecord[]>;
  /** @throws {RecordStoreUnreachable} */
  get(key: string): Promise<string | undefined>;
  /** Writes a record without expiry, or with one of its own. @throws {RecordStoreUnreachable} */
  put(key: string, value: string, ttl?: Millis): Promise<void>;
  /** Removes the key, when `onlyIf` is given only if that is its value. @returns whether it was removed */
  remove(key: string, onlyIf?: string): Promise<boolean>;
  /**
   * A lease that keeps itself alive: records written through it vanish together within `ttl` after this process, or
   * its machine, dies. They are not records with an expiry of their own: `expiresAt` stays undefined.
   */
  session(ttl: Millis): Promise<RecordSession>;
}

/** Disposing revokes the lease and so removes every record written through it. */
export interface RecordSession extends AsyncDisposable {
  readonly lost: AbortSignal;
  put(key: string, value: string): Promise<void>;
}
