/** A client of etcd whose traffic is counted. */
import type { Etcd, Watch, WatchEvent } from '../ports/etcd/index.ts';

/** What many clients count together. */
export interface Traffic {
  /** Transactions, reads among them. */
  requests: number;
  /** Keys that watches told of. */
  heard: number;
}

export const noTraffic = (): Traffic => ({ requests: 0, heard: 0 });

export const counted = (etcd: Etcd, traffic: Traffic): Etcd => ({
  transact: (transaction) => {
    traffic.requests += 1;
    return etcd.transact(transaction);
  },
  keepLease: (term) => etcd.keepLease(term),
  timedLease: (term) => etcd.timedLease(term),
  timeLeft: (lease) => etcd.timeLeft(lease),
  watch: (ranges, stop) => {
    const watch = etcd.watch(ranges, stop);
    return Object.assign(overheard(watch, traffic), { confirm: () => watch.confirm() });
  },
  [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
});

async function* overheard(watch: Watch, traffic: Traffic): AsyncGenerator<WatchEvent, void, void> {
  for await (const event of watch) {
    if (event.kind === 'all') traffic.heard += event.keys.length;
    if (event.kind === 'changes') traffic.heard += event.changes.size;
    yield event;
  }
}
