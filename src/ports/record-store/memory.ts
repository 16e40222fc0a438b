/** Service records in this process: the real store on an etcd in memory. */
import type { Clock } from '../clock/index.ts';
import { type MemoryEtcd, MemoryEtcdStore } from '../etcd/memory.ts';
import { recordStoreOn } from './etcd.ts';
import type { RecordStore } from './index.ts';

export interface MemoryRecordStore extends RecordStore {
  /** The line to the store, which tests cut and mend. */
  readonly line: MemoryEtcd;
}

/** @param store shared by everyone who is to see the same records; a new one when left out */
export function memoryRecordStore(clock: Clock, store = new MemoryEtcdStore(clock)): MemoryRecordStore {
  const line = store.client();
  return { ...recordStoreOn({ etcd: line, clock }), line };
}
