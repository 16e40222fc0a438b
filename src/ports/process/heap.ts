/** The heap of this process. */
import { runInNewContext } from 'node:vm';

export interface Heap {
  /** How many bytes it takes up, in use or not. */
  size(): number;
  /** Collects all garbage and gives the room of it back, which holds the process up for some ten milliseconds. */
  collect(): void;
}

/** V8's own. It collects only when it needs room, so that what a burst of work left behind would stay for good. */
export function ownHeap(): Heap {
  const { getHeapStatistics, setFlagsFromString } = process.getBuiltinModule('node:v8');
  // The function appears in contexts that are made while the flag is set.
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: object) => void;
  setFlagsFromString('--no-expose-gc');
  return {
    size: () => getHeapStatistics().total_heap_size,
    // Only the last resort gives room back: any other collection keeps it for the next burst.
    collect: () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }),
  };
}
