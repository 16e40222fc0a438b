/** Work that is done again and again: the safety net below what events tell. */
import type { Millis } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';

/** @param interval zero for never. A failure is logged and the next turn tries again; a bug ends the program. */
export async function every(
  interval: Millis,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  stop: AbortSignal,
  work: () => Promise<unknown>,
): Promise<void> {
  while (interval > 0 && !stop.aborted) {
    await clock.sleep(interval, stop);
    if (stop.aborted) return;
    try {
      await work();
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      log.warn('resync failed', { because: cause });
    }
  }
}
