/**
 * etcd in one process: revisions, transactions, leases and watches as the real one has them, on a given clock. Every
 * client has a line of its own to the store, which can be cut and mended.
 */
import { invariant } from '../../core/base/invariant.ts';
import { type Millis, ms, seconds, wholeSeconds } from '../../core/base/time.ts';
import { EtcdLeaseGone, EtcdUnreachable } from '../../core/errors/etcd.ts';
import type { Clock } from '../clock/index.ts';
import { Inbox } from './inbox.ts';
import {
  type Condition,
  type Etcd,
  type KeyValue,
  keptLeaseId,
  type Lease,
  type LeaseId,
  type Operation,
  type OperationResult,
  operationsPerTransaction,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchEvent,
} from './index.ts';

type Changes = Map<string, KeyValue | undefined>;

interface HeldLease {
  readonly keys: Set<string>;
  readonly ended: AbortController;
  /** For a timed lease. */
  readonly endsAt?: Millis;
}

interface Watcher {
  readonly ranges: readonly string[];
  deliver(changes: Changes): void;
}

/** What the members of a cluster share. */
export class MemoryEtcdStore {
  readonly clock: Clock;
  #revision = 1;
  #leasesMade = 0;
  readonly #keys = new Map<string, KeyValue>();
  /** Every key under each of its ancestors, `/a/b/` style. */
  readonly #below = new Map<string, Set<string>>();
  readonly #leases = new Map<LeaseId, HeldLease>();
  readonly #watchers = new Map<string, Set<Watcher>>();
  readonly #lines = new Set<MemoryEtcd>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get revision(): number {
    return this.#revision;
  }

  /** A client with its own line to this store. */
  client(): MemoryEtcd {
    const line = new MemoryEtcd(this);
    this.#lines.add(line);
    return line;
  }

  /** Forgets history: a watch that was cut off must begin anew. */
  compact(): void {
    for (const line of this.#lines) line.forgetHistory();
  }

  transact(transaction: Transaction): TransactionResult {
    checkLimits(transaction, operationsPerTransaction);
    const path = this.#judge(transaction);
    for (const { lease } of path.puts())
      if (lease !== undefined && !this.#leases.has(lease)) throw new EtcdLeaseGone({ lease });
    const changes: Changes = new Map();
    const result = this.#carryOut(path, this.#revision + 1, changes);
    if (changes.size > 0) this.#commit(changes);
    return atRevision(result, this.#revision);
  }

  grant(id: LeaseId, endsAt?: Millis): HeldLease {
    const lease: HeldLease = {
      keys: new Set(),
      ended: new AbortController(),
      ...(endsAt === undefined ? {} : { endsAt }),
    };
    this.#leases.set(id, lease);
    return lease;
  }

  lease(id: LeaseId): HeldLease | undefined {
    return this.#leases.get(id);
  }

  /** Ends a lease and removes its keys in one revision. */
  revoke(id: LeaseId): void {
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    lease.ended.abort();
    const changes: Changes = new Map();
    for (const key of [...lease.keys].sort()) this.#remove(key, changes);
    this.#leases.delete(id);
    if (changes.size > 0) this.#commit(changes);
  }

  nextLeaseId(kept: boolean): LeaseId {
    this.#leasesMade += 1;
    return kept ? keptLeaseId(this.#leasesMade) : String(this.#leasesMade);
  }

  read(range: string): KeyValue[] {
    if (!range.endsWith('/')) {
      const one = this.#keys.get(range);
      return one === undefined ? [] : [one];
    }
    return [...(this.#below.get(range) ?? [])].sort().map((key) => this.#keys.get(key) as KeyValue);
  }

  addWatcher(watcher: Watcher): void {
    for (const range of watcher.ranges) entry(this.#watchers, range).add(watcher);
  }

  removeWatcher(watcher: Watcher): void {
    for (const range of watcher.ranges) this.#watchers.get(range)?.delete(watcher);
  }

  /** Decides, before anything is written, which lists will be carried out. */
  #judge(transaction: Transaction): Path {
    const held = (transaction.when ?? []).every((condition) => holds(condition, this.#keys.get(condition.key)));
    const ops = held ? transaction.ops : (transaction.otherwise ?? []);
    return new Path(
      held,
      ops.map((op) => ('nested' in op ? this.#judge(op.nested) : op)),
    );
  }

  #carryOut(path: Path, revision: number, changes: Changes): TransactionResult {
    const results = path.steps.map((step): OperationResult => {
      if (step instanceof Path) return { found: [], removed: 0, nested: this.#carryOut(step, revision, changes) };
      if ('get' in step) {
        const found = this.read(step.get);
        return { found: step.keysOnly ? found.map((one) => ({ ...one, value: '' })) : found, removed: 0 };
      }
      if ('remove' in step) {
        const doomed = this.read(step.remove);
        for (const { key } of doomed) this.#remove(key, changes);
        return { found: [], removed: doomed.length };
      }
      invariant('put' in step, 'a nested transaction was not judged');
      invariant(!changes.has(step.put), `duplicate key given in txn request: ${step.put}`);
      this.#put(step, revision, changes);
      return { found: [], removed: 0 };
    });
    return { held: path.held, revision, results };
  }

  #put(op: { put: string; value: string; lease?: LeaseId }, revision: number, changes: Changes): void {
    const before = this.#keys.get(op.put);
    if (before?.lease !== undefined) this.#leases.get(before.lease)?.keys.delete(op.put);
    if (op.lease !== undefined) this.#leases.get(op.lease)?.keys.add(op.put);
    const created = before?.created ?? revision;
    const after: KeyValue = { key: op.put, value: op.value, created, modified: revision, lease: op.lease };
    if (before === undefined) for (const range of ancestors(op.put)) entry(this.#below, range).add(op.put);
    this.#keys.set(op.put, after);
    changes.set(op.put, after);
  }

  #remove(key: string, changes: Changes): void {
    const lease = this.#keys.get(key)?.lease;
    if (lease !== undefined) this.#leases.get(lease)?.keys.delete(key);
    for (const range of ancestors(key)) this.#below.get(range)?.delete(key);
    this.#keys.delete(key);
    changes.set(key, undefined);
  }

  #commit(changes: Changes): void {
    this.#revision += 1;
    const mail = new Map<Watcher, Changes>();
    for (const [key, value] of changes)
      for (const range of [...ancestors(key), key])
        for (const watcher of this.#watchers.get(range) ?? []) {
          const letter = mail.get(watcher) ?? new Map();
          mail.set(watcher, letter.set(key, value));
        }
    for (const [watcher, letter] of mail) watcher.deliver(letter);
  }
}

/** One client of the store. */
export class MemoryEtcd implements Etcd {
  readonly #store: MemoryEtcdStore;
  readonly #inboxes = new Set<Inbox>();
  readonly #atMending = new Set<() => void>();
  readonly #atCutting = new Set<() => void>();
  readonly #atForgetting = new Set<() => void>();
  #cut = false;
  #closed = false;

  constructor(store: MemoryEtcdStore) {
    this.#store = store;
  }

  /** From now on nothing gets through in either direction, and leases are not renewed. */
  cut(): void {
    if (this.#cut) return;
    this.#cut = true;
    for (const act of [...this.#atCutting]) act();
  }

  mend(): void {
    if (!this.#cut) return;
    this.#cut = false;
    for (const act of [...this.#atMending]) act();
  }

  forgetHistory(): void {
    if (this.#cut) for (const act of [...this.#atForgetting]) act();
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#reach('a transaction');
    return this.#store.transact(transaction);
  }

  async keepLease(asked: Millis): Promise<Lease> {
    this.#reach('granting a lease');
    const { clock } = this.#store;
    const term = seconds(wholeSeconds(asked));
    const id = this.#store.nextLeaseId(true);
    const held = this.#store.grant(id);
    const lost = new AbortController();
    let disposed = false;
    let cutAt: Millis | undefined;
    let mended = new AbortController();
    const onCut = async () => {
      cutAt = clock.now();
      mended = new AbortController();
      const { signal } = mended;
      await clock.sleep(term, signal);
      if (signal.aborted) return;
      if (!disposed) lost.abort(new EtcdLeaseGone({ lease: id }));
      this.#store.revoke(id);
    };
    const onMend = () => {
      cutAt = undefined;
      mended.abort();
    };
    held.ended.signal.addEventListener('abort', () => {
      if (!disposed) lost.abort(new EtcdLeaseGone({ lease: id }));
      mended.abort();
      this.#atCutting.delete(onCut);
      this.#atMending.delete(onMend);
    });
    this.#atCutting.add(onCut);
    this.#atMending.add(onMend);
    return {
      id,
      lost: lost.signal,
      validUntil: () => ms((cutAt ?? clock.now()) + term),
      abandon: () => {
        disposed = true;
        this.#atMending.delete(onMend);
        this.#atCutting.delete(onCut);
        if (!this.#cut) void onCut();
      },
      [Symbol.asyncDispose]: async () => {
        disposed = true;
        this.#atMending.delete(onMend);
        if (!this.#cut) this.#store.revoke(id);
      },
    };
  }

  async timedLease(asked: Millis): Promise<LeaseId> {
    this.#reach('granting a lease');
    const { clock } = this.#store;
    const term = seconds(wholeSeconds(asked));
    const id = this.#store.nextLeaseId(false);
    const { ended } = this.#store.grant(id, ms(clock.now() + term));
    void clock.sleep(term, ended.signal).then(() => this.#store.revoke(id));
    return id;
  }

  async timeLeft(lease: LeaseId): Promise<Millis | undefined> {
    this.#reach('asking for a lease');
    const held = this.#store.lease(lease);
    return held?.endsAt === undefined ? undefined : ms(held.endsAt - this.#store.clock.now());
  }

  watch(ranges: readonly string[], stop: AbortSignal): Watch {
    const inbox = new Inbox();
    const confirm = () => {
      if (!this.#cut) inbox.changes([], this.#store.revision);
    };
    return Object.assign(this.#events(ranges, inbox, stop), { confirm });
  }

  async *#events(ranges: readonly string[], inbox: Inbox, stop: AbortSignal): AsyncGenerator<WatchEvent, void, void> {
    let known = false;
    let missed: Changes = new Map();
    const begin = () => {
      known = true;
      missed = new Map();
      inbox.all(
        ranges.flatMap((range) => this.#store.read(range)),
        this.#store.revision,
      );
    };
    const watcher: Watcher = {
      ranges,
      deliver: (changes) => {
        if (!this.#cut) inbox.changes(changes, this.#store.revision);
        else for (const [key, value] of changes) missed.set(key, value);
      },
    };
    const onCut = () => inbox.unreachable(new EtcdUnreachable({ endpoints: ['memory'], doing: 'watching' }));
    const onMend = () => {
      if (!known) begin();
      else inbox.changes(missed, this.#store.revision);
      missed = new Map();
    };
    const onForgetting = () => {
      known = false;
    };
    this.#store.addWatcher(watcher);
    this.#atCutting.add(onCut);
    this.#atMending.add(onMend);
    this.#atForgetting.add(onForgetting);
    if (this.#cut) onCut();
    else begin();
    try {
      this.#inboxes.add(inbox);
      if (this.#closed) inbox.end();
      yield* inbox.events(stop);
    } finally {
      this.#inboxes.delete(inbox);
      this.#store.removeWatcher(watcher);
      this.#atCutting.delete(onCut);
      this.#atMending.delete(onMend);
      this.#atForgetting.delete(onForgetting);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const inbox of this.#inboxes) inbox.end();
  }

  #reach(doing: string): void {
    if (this.#cut || this.#closed) throw new EtcdUnreachable({ endpoints: ['memory'], doing });
  }
}

/** The operations that will be carried out, nested lists in their places. */
class Path {
  readonly held: boolean;
  readonly steps: readonly (Path | Operation)[];

  constructor(held: boolean, steps: readonly (Path | Operation)[]) {
    this.held = held;
    this.steps = steps;
  }

  *puts(): Generator<{ readonly lease?: LeaseId }> {
    for (const step of this.steps) {
      if (step instanceof Path) yield* step.puts();
      else if ('put' in step) yield step;
    }
  }
}

const holds = (condition: Condition, found: KeyValue | undefined): boolean => {
  if ('exists' in condition) return condition.exists === (found !== undefined);
  if (found === undefined) return false;
  if ('value' in condition) return found.value === condition.value;
  if ('created' in condition) return found.created === condition.created;
  if ('modified' in condition) return found.modified === condition.modified;
  return found.lease === condition.lease;
};

const atRevision = (result: TransactionResult, revision: number): TransactionResult => ({
  ...result,
  revision,
  results: result.results.map((one) => (one.nested ? { ...one, nested: atRevision(one.nested, revision) } : one)),
});

/** @see etcd `server/etcdserver/api/v3rpc/key.go` (checkTxnRequest) */
function checkLimits({ when = [], ops, otherwise = [] }: Transaction, limit: number): void {
  const most = Math.max(when.length, ops.length, otherwise.length);
  invariant(most <= limit, `etcd refuses ${most} operations in one transaction, at most ${limit}`);
  for (const op of [...ops, ...otherwise]) if ('nested' in op) checkLimits(op.nested, limit - most);
}

/** `/a/b/c` lies below `/`, `/a/` and `/a/b/`. */
const ancestors = (key: string): string[] =>
  [...key].flatMap((letter, at) => (letter === '/' ? [key.slice(0, at + 1)] : []));

function entry<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  const present = map.get(key) ?? new Set<T>();
  map.set(key, present);
  return present;
}
