/**
 * The part of etcd v3 that our stores need: transactions, leases and watches that lose nothing. `memory.ts` is its twin.
 *
 * A *range* is text: with a slash at its end it means every key below, else that one key. Keys never end in a slash.
 */
import type { Millis } from '../../core/base/time.ts';

/** A 63-bit number in decimal digits, too long for a JavaScript number. */
export type LeaseId = string;

export interface KeyValue {
  readonly key: string;
  readonly value: string;
  /** The revision at which the key came to be; it changes when a key is removed and put again. */
  readonly created: number;
  /** The revision of its last put. */
  readonly modified: number;
  /** The lease that the key dies with. */
  readonly lease: LeaseId | undefined;
}

/** One condition on one key; a key that does not exist fulfils `exists: false` and nothing else. */
export type Condition =
  | { readonly key: string; readonly exists: boolean }
  | { readonly key: string; readonly value: string }
  | { readonly key: string; readonly created: number }
  | { readonly key: string; readonly modified: number }
  | { readonly key: string; readonly lease: LeaseId };

export type Operation =
  /** Reads a range, sorted by key; `keysOnly` leaves the values empty. */
  | { readonly get: string; readonly keysOnly?: boolean }
  | { readonly put: string; readonly value: string; readonly lease?: LeaseId }
  /** Removes a range. */
  | { readonly remove: string }
  /** A transaction of its own conditions, inside the same revision. */
  | { readonly nested: Transaction };

/**
 * Conditions, and what to do when all of them hold or when one does not. All conditions, those of nested transactions
 * included, are judged before anything is written. At most `operationsPerTransaction` operations per list (nested ones
 * share what the outer list leaves), and no key is written twice.
 */
export interface Transaction {
  readonly when?: readonly Condition[];
  readonly ops: readonly Operation[];
  readonly otherwise?: readonly Operation[];
}

/** The limit that a stock etcd server sets. */
export const operationsPerTransaction = 128;

export interface TransactionResult {
  /** Whether all conditions held. */
  readonly held: boolean;
  /** The revision of the store after the transaction; what was read is what it holds at this revision. */
  readonly revision: number;
  /** One per operation of the list that was carried out, in order. */
  readonly results: readonly OperationResult[];
}

export interface OperationResult {
  /** What a `get` found; empty for others. */
  readonly found: readonly KeyValue[];
  /** How many keys a `remove` removed; zero for others. */
  readonly removed: number;
  /** Present for `nested`. */
  readonly nested?: TransactionResult;
}

/** With `upTo`, the revision up to which everything has been told; it never goes back. */
export type WatchEvent =
  /** Everything in the ranges at one revision: at the start, and again when history was compacted away meanwhile. */
  | { readonly kind: 'all'; readonly keys: readonly KeyValue[]; readonly upTo: number }
  /**
   * The keys that changed since the last event, each as it is now; undefined when it was removed. None, when `confirm`
   * found that there is nothing new, or a member can be watched again.
   */
  | {
      readonly kind: 'changes';
      readonly changes: ReadonlyMap<string, KeyValue | undefined>;
      readonly upTo: number;
    }
  /** No endpoint can be watched; once per outage. What comes next continues without loss. */
  | { readonly kind: 'unreachable'; readonly cause: unknown };

/** Begins with its first event. Changes of one transaction in one range are told together. */
export interface Watch extends AsyncIterable<WatchEvent> {
  /**
   * Asks the watched member how far it is, which an event with its `upTo` tells, also when nothing changed. It may stay
   * without an answer while the watch begins or is in trouble, and the member may lag behind others: ask again.
   */
  confirm(): void;
}

/** A lease that this process keeps alive. Disposing revokes it, as far as etcd can be reached; it never throws. */
export interface Lease extends AsyncDisposable {
  readonly id: LeaseId;
  /** Aborts when our own clock says that the lease may have run out, or etcd says that it has. */
  readonly lost: AbortSignal;
  /** The instant until which the lease certainly holds: when the last confirmed renewal was sent, plus its term. */
  validUntil(): Millis;
  /** Stops keeping it, without a word to etcd: it runs out by itself. */
  abandon(): void;
}

export interface Etcd extends AsyncDisposable {
  /**
   * Carries out a transaction; with `get` operations only, a linearizable read. When an endpoint fails the next one is
   * tried, so that a transaction may be carried out twice: conditions must make the second time harmless.
   *
   * @throws {EtcdUnreachable} whether it was carried out is unknown
   * @throws {EtcdDenied}
   * @throws {EtcdLeaseGone} a `put` names a lease that does not exist; nothing was written
   */
  transact(transaction: Transaction): Promise<TransactionResult>;
  /** @param term rounded up to whole seconds; a server raises it when it is too short for its election time */
  keepLease(term: Millis): Promise<Lease>;
  /** A lease that nobody renews: what is bound to it dies after `term`. */
  timedLease(term: Millis): Promise<LeaseId>;
  /** What is left of a lease, on our clock; undefined when it has run out. */
  timeLeft(lease: LeaseId): Promise<Millis | undefined>;
  /** Changes that come while the consumer is busy are merged. Reconnects by itself; ends when `stop` aborts. */
  watch(ranges: readonly string[], stop: AbortSignal): Watch;
}

export const isBelow = (key: string, range: string): boolean =>
  range.endsWith('/') ? key.startsWith(range) : key === range;

/**
 * Leases made by `keepLease` carry this in their upper half, so that everyone can tell a key that lives as long as its
 * writer from one whose time is running out.
 */
const keptMark = 0x53_45_53_53n;

/** @param random 32 random bits */
export const keptLeaseId = (random: number): LeaseId => ((keptMark << 32n) | BigInt(random >>> 0)).toString();

export const isKept = (lease: LeaseId): boolean => BigInt(lease) >> 32n === keptMark;
