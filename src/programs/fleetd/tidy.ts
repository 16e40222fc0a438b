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

/**
 * Looks now and then, and collects when the heap is larger than it was after the last time; and once more when it has
 * come to rest, since a collection in the midst of a burst keeps what the burst needs. Runs until `stop` aborts.
 */
export async function tidyUp(clock: Clock, heap: Heap, stop: AbortSignal): Promise<void> {
  let kept = 0;
  let resting = false;
  for (let before = 0; ; before = heap.size()) {
    await clock.sleep(lookEvery, stop);
    if (stop.aborted) return;
    const grown = heap.size() >= kept + worthwhile;
    const quiet = heap.size() < before + worthwhile / 4;
    if (!grown && (resting || !quiet)) continue;
    heap.collect();
    kept = heap.size();
    resting = !grown;
  }
}
