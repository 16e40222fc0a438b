/** The promises that a simulated cluster is held to at every moment, whatever fails in it. */
import type { Millis } from '../core/base/time.ts';
import type { MachineId } from '../core/machine/types.ts';
import type { Etcd, Operation, Transaction, TransactionResult } from '../ports/etcd/index.ts';
import type { MemoryEtcdStore } from '../ports/etcd/memory.ts';
import { layout as layoutBelow } from '../ports/registry/layout.ts';
import type { History } from './history.ts';
import type { Machine } from './machine.ts';

const layout = layoutBelow('/_coreos.com/fleet/');

export class Checkers {
  readonly violations: string[] = [];
  readonly #store: MemoryEtcdStore;
  readonly #history: History;
  /** Units that run on more than one machine, each since when. */
  readonly #doubled = new Map<string, Millis>();

  constructor(store: MemoryEtcdStore, history: History) {
    this.#store = store;
    this.#history = history;
  }

  /**
   * A machine's line to etcd that tells who writes what: placements come from the leader alone, states from a machine
   * under the lease of its own presence, and no unit is placed twice.
   */
  watched(line: Etcd, writer: MachineId): Etcd {
    return {
      transact: async (transaction) => {
        const leader = this.#valueAt(layout.leader);
        const result = await line.transact(transaction);
        const done = [...carriedOut(transaction, result)];
        this.#checkPlacements(done, writer, leader);
        this.#checkStates(done, writer);
        return result;
      },
      keepLease: (term) => line.keepLease(term),
      timedLease: (term) => line.timedLease(term),
      timeLeft: (lease) => line.timeLeft(lease),
      watch: (ranges, stop) => line.watch(ranges, stop),
      [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
    };
  }

  /** No unit runs on two machines for any time at all; global ones may. Called after every change of a systemd. */
  checkDoubles(machines: readonly Machine[]): void {
    const now = this.#store.clock.now();
    const running = new Map<string, number>();
    for (const { systemd } of machines) {
      for (const { name, active, global } of systemd.units.values())
        if (!global && active !== 'inactive' && active !== 'failed') running.set(name, (running.get(name) ?? 0) + 1);
    }
    for (const [unit, count] of running) if (count > 1 && !this.#doubled.has(unit)) this.#doubled.set(unit, now);
    for (const [unit, since] of this.#doubled) {
      const over = (running.get(unit) ?? 0) < 2;
      if (now > since) this.#violated(`${unit} ran twice from ${since} to ${now}`);
      if (over || now > since) this.#doubled.delete(unit);
    }
  }

  #checkPlacements(done: readonly Operation[], writer: MachineId, leader: string | undefined): void {
    const removed = new Set(done.flatMap((op) => ('remove' in op ? [op.remove] : [])));
    const placed = new Set<string>();
    for (const op of done) {
      const key = 'put' in op ? op.put : 'remove' in op ? op.remove : '';
      const place = layout.locate(key);
      if (place?.kind !== 'placement') continue;
      placed.add(place.unit);
      // Whoever removes a unit removes its placement with it.
      if ('remove' in op && removed.has(layout.unit(place.unit))) continue;
      if (leader === undefined || !leader.includes(`"${writer}"`))
        this.#violated(`${writer} wrote ${key} while the leader was ${leader ?? 'nobody'}`);
    }
    if (placed.size === 0) return;
    const homes = this.#store.read(layout.placements).map(({ key }) => layout.locate(key));
    for (const unit of placed) {
      const count = homes.filter((home) => home?.kind === 'placement' && home.unit === unit).length;
      if (count > 1) this.#violated(`${unit} is placed on ${count} machines`);
    }
  }

  #checkStates(done: readonly Operation[], writer: MachineId): void {
    for (const op of done) {
      if (!('put' in op)) continue;
      const place = layout.locate(op.put);
      if (place?.kind !== 'state') continue;
      const presence = this.#store.read(layout.machine(writer))[0];
      if (place.machine !== writer || presence === undefined || presence.lease !== op.lease)
        this.#violated(`${writer} wrote ${op.put} under a lease that is not its presence`);
    }
  }

  #valueAt(key: string): string | undefined {
    return this.#store.read(key)[0]?.value;
  }

  #violated(what: string): void {
    this.violations.push(what);
    this.#history.note('CHECKER', what);
  }
}

/** The operations that took place, those of nested transactions included. */
function* carriedOut({ ops, otherwise = [] }: Transaction, { held, results }: TransactionResult): Generator<Operation> {
  for (const [at, op] of (held ? ops : otherwise).entries()) {
    const nested = results[at]?.nested;
    if ('nested' in op && nested !== undefined) yield* carriedOut(op.nested, nested);
    else yield op;
  }
}
