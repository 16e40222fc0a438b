/** fleet's shared state in this process: the real registry on an etcd in memory. */
import { ms } from '../../core/base/time.ts';
import type { Clock } from '../clock/index.ts';
import { type MemoryEtcd, MemoryEtcdStore } from '../etcd/memory.ts';
import type { Log } from '../log/index.ts';
import { memoryLog } from '../log/memory.ts';
import { registryOn } from './etcd.ts';
import type { Registry } from './index.ts';

export interface MemoryRegistry extends Registry {
  /** The line to the store, which tests and simulations cut and mend. */
  readonly line: MemoryEtcd;
}

/** @param store shared by everyone who is in the same cluster; a new one when left out */
export function memoryRegistry(
  clock: Clock,
  store = new MemoryEtcdStore(clock),
  log: Log = memoryLog(),
): MemoryRegistry {
  const line = store.client();
  // Nobody is far away from this store: there is no time in which others could win.
  return { ...registryOn({ etcd: line, clock, log, spread: ms(0) }), line };
}
