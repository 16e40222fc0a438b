/** Waiting for a state: with a limit, with something that ends it early, and with the last thing seen in the message. */
import { type Millis, ms } from '../../../core/base/time.ts';
import { Interrupted, WaitedTooLong } from '../../../core/errors/devcluster.ts';
import type { Clock } from '../../../ports/clock/index.ts';

export interface Wait {
  readonly clock: Clock;
  /** Ends "waited 60 s for …". */
  readonly what: string;
  readonly limit: Millis;
  /** Whoever aborts it gives the error as its reason: a machine died, somebody interrupted. */
  readonly stop: AbortSignal;
}

/** One look at a state. */
export type Look<T> = { readonly value: T } | { readonly seen: string };

const shortest = ms(20);
const longest = ms(60);

/** Looks again and again, at first quickly. */
export async function until<T>(wait: Wait, look: () => Promise<Look<T>>): Promise<T> {
  const { clock, limit, stop } = wait;
  const end = clock.now() + limit;
  let seen = '';
  for (let pause = shortest; ; pause = ms(Math.min(pause * 1.5, longest))) {
    throwIfStopped(stop);
    const sight = await orStopped(look(), stop);
    if ('value' in sight) return sight.value;
    seen = sight.seen;
    if (clock.now() >= end) throw tooLong(wait, seen);
    await clock.sleep(pause, stop);
  }
}

export const tooLong = ({ what, limit }: Wait, seen: string): Error =>
  new WaitedTooLong({ what, seconds: Math.round(limit / 1_000), seen, flag: '--timeout' });

export function throwIfStopped(stop: AbortSignal): void {
  if (stop.aborted) throw reasonOf(stop);
}

/** Settles like `promise`, unless `stop` aborts first. */
export function orStopped<T>(promise: Promise<T>, stop: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(reasonOf(stop));
    if (stop.aborted) end();
    stop.addEventListener('abort', end, { once: true });
    promise.then(resolve, reject).finally(() => stop.removeEventListener('abort', end));
  });
}

const reasonOf = (stop: AbortSignal): Error =>
  stop.reason instanceof Error && stop.reason.name !== 'AbortError'
    ? stop.reason
    : new Interrupted({ signal: String(stop.reason ?? 'a signal') });
