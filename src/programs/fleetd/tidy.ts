/**
 * Giving back the memory that a burst of work took. Five hundred units that start leave some 80 MB of garbage beside 25 MB
 * that are in use, and a daemon that rests afterwards never needs that room again.
 */
import { seconds } from '../../core/base/time.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Heap } from '../../ports/process/heap.ts';

const lookEvery = seconds(10);
/** Less than this is not worth the time that collecting takes. */
const worthwhile = 12 * 2 ** 20;

/** Looks now and then, and collects when the heap is larger than it was after the last time, until `stop` aborts. */
export async function tidyUp(clock: Clock, heap: Heap, stop: AbortSignal): Promise<void> {
  let kept: number | undefined;
  for (;;) {
    await clock.sleep(lookEvery, stop);
    if (stop.aborted) return;
    if (kept !== undefined && heap.size() < kept + worthwhile) continue;
    heap.collect();
    kept = heap.size();
  }
}
