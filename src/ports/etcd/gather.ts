/**
 * Transactions that are asked for at the same time travel as one: a commit costs a round over all members whatever is in
 * it, and programs that serve many callers ask in bursts.
 *
 * Gathered transactions stay what each of them was alone: those that could tell that they were gathered, since one writes
 * what another writes or depends on, travel one after the other.
 */
import { EtcdLeaseGone } from '../../core/errors/etcd.ts';
import {
  type Etcd,
  isBelow,
  type Operation,
  type OperationResult,
  operationsPerTransaction,
  type Transaction,
  type TransactionResult,
} from './index.ts';

type Transact = Etcd['transact'];

/** What a group may write, in characters: a stock server takes requests of up to 1.5 MiB. */
const mostWritten = 256 * 1024;

interface Waiting {
  readonly transaction: Transaction;
  readonly resolve: (result: TransactionResult) => void;
  readonly reject: (cause: unknown) => void;
}

/** How many may be on their way: with one alone, a member that hangs would hold up everybody behind it. */
const lanes = 2;

/** @returns what does the same as `transact`, in fewer round trips */
export function gather(transact: Transact): Transact {
  let queue: Waiting[] = [];
  let travelling = 0;

  const alone = async ({ transaction, resolve, reject }: Waiting): Promise<void> => {
    try {
      resolve(await transact(transaction));
    } catch (cause) {
      reject(cause);
    }
  };

  const travel = async (group: readonly Waiting[]): Promise<void> => {
    const [first] = group as readonly [Waiting];
    if (group.length === 1) return alone(first);
    const batch = new Batch();
    for (const { transaction } of group) batch.add(transaction);
    try {
      const results = batch.split(await transact(batch.transaction));
      for (const [at, { resolve }] of group.entries()) resolve(results[at] as TransactionResult);
    } catch (cause) {
      // One of them named a lease that is gone: nothing was written, and the others are not to blame.
      if (cause instanceof EtcdLeaseGone) await Promise.all(group.map(alone));
      else for (const { reject } of group) reject(cause);
    }
  };

  const depart = () => {
    while (queue.length > 0 && travelling < lanes) {
      const fitting = new Batch();
      let size = 0;
      while (size < queue.length && fitting.add((queue[size] as Waiting).transaction)) size += 1;
      const group = queue.slice(0, Math.max(size, 1));
      queue = queue.slice(group.length);
      travelling += 1;
      void travel(group).finally(() => {
        travelling -= 1;
        depart();
      });
    }
  };

  return (transaction) =>
    new Promise((resolve, reject) => {
      queue.push({ transaction, resolve, reject });
      // Whoever asks in the same turn comes along.
      if (queue.length === 1) setImmediate(depart);
    });
}

/** Where a transaction's results are found in those of the batch. */
type Ticket =
  | { readonly kind: 'nested'; readonly slot: number }
  | { readonly kind: 'flat'; readonly slots: readonly number[] };

class Batch {
  readonly #ops: Operation[] = [];
  readonly #tickets: Ticket[] = [];
  /** Operations without conditions, each with its slot: who asks for the same shares it. */
  readonly #shared = new Map<string, number>();
  readonly #puts = new Set<string>();
  readonly #removes: string[] = [];
  readonly #conditions = new Set<string>();
  #deepest = 0;
  #written = 0;

  get transaction(): Transaction {
    return { ops: this.#ops };
  }

  /** @returns false, and leaves the batch as it was, when the transaction does not go together with those in it */
  add(transaction: Transaction): boolean {
    const told = facts(transaction);
    const deepest = Math.max(this.#deepest, told.depth);
    const { when = [], otherwise = [], ops } = transaction;
    // What each list may hold is what the lists around it leave.
    if (this.#ops.length + ops.length + deepest > operationsPerTransaction || this.#disturbs(told)) return false;
    if (this.#ops.length > 0 && this.#written + told.written > mostWritten) return false;
    // A read that shares a slot with one that came before a write would not see it.
    const written = this.#puts.size + this.#removes.length + told.puts.size + told.removes.length > 0;
    const sharing = told.reads === 0 || !written;
    if (when.length === 0 && otherwise.length === 0 && sharing) {
      this.#tickets.push({ kind: 'flat', slots: ops.map((op) => this.#slot(op)) });
    } else {
      this.#tickets.push({ kind: 'nested', slot: this.#ops.push({ nested: transaction }) - 1 });
    }
    this.#deepest = deepest;
    this.#written += told.written;
    for (const key of told.puts) this.#puts.add(key);
    for (const range of told.removes) this.#removes.push(range);
    for (const key of told.conditions) this.#conditions.add(key);
    return true;
  }

  split({ results, revision }: TransactionResult): readonly TransactionResult[] {
    return this.#tickets.map((ticket) => {
      if (ticket.kind === 'nested') return (results[ticket.slot] as OperationResult).nested as TransactionResult;
      return { held: true, revision, results: ticket.slots.map((slot) => results[slot] as OperationResult) };
    });
  }

  #slot(op: Operation): number {
    const text = JSON.stringify(op);
    const slot = this.#shared.get(text) ?? this.#ops.push(op) - 1;
    this.#shared.set(text, slot);
    return slot;
  }

  /** Whether one of the two would see, or undo, what the other does. */
  #disturbs(told: Facts): boolean {
    const writes = (key: string) => this.#puts.has(key) || this.#removes.some((range) => isBelow(key, range));
    const clashes = (key: string) => writes(key) && !this.#shared.has(told.texts.get(key) ?? '');
    return (
      [...told.puts].some(clashes) ||
      [...told.conditions].some(writes) ||
      told.removes.some((range) => overlaps(range, [...this.#puts, ...this.#removes, ...this.#conditions])) ||
      [...told.puts].some((key) => this.#conditions.has(key))
    );
  }
}

const overlaps = (range: string, others: readonly string[]): boolean =>
  others.some((other) => other === range || isBelow(other, range) || isBelow(range, other));

interface Facts {
  /** What it takes of the limit when it is nested: its longest list, and the same of what is nested in it. */
  readonly depth: number;
  readonly reads: number;
  /** Characters of all values. */
  readonly written: number;
  readonly puts: ReadonlySet<string>;
  readonly removes: readonly string[];
  readonly conditions: ReadonlySet<string>;
  /** Puts that can be shared, as `#slot` knows them. */
  readonly texts: ReadonlyMap<string, string>;
}

function facts({ when = [], ops, otherwise = [] }: Transaction): Facts {
  const puts = new Set<string>();
  const removes: string[] = [];
  const conditions = new Set(when.map(({ key }) => key));
  const texts = new Map<string, string>();
  const free = when.length === 0 && otherwise.length === 0;
  let nested = 0;
  let reads = 0;
  let written = 0;
  for (const op of [...ops, ...otherwise]) {
    if ('get' in op) reads += 1;
    else if ('put' in op) {
      puts.add(op.put);
      written += op.value.length;
      if (free) texts.set(op.put, JSON.stringify(op));
    } else if ('remove' in op) removes.push(op.remove);
    else {
      const inner = facts(op.nested);
      nested = Math.max(nested, inner.depth);
      reads += inner.reads;
      written += inner.written;
      for (const key of inner.puts) puts.add(key);
      removes.push(...inner.removes);
      for (const key of inner.conditions) conditions.add(key);
    }
  }
  const depth = Math.max(when.length, ops.length, otherwise.length) + nested;
  return { depth, reads, written, puts, removes, conditions, texts: reads === 0 ? texts : new Map() };
}
