/** How loops see the registry: by following it, or by looking from time to time. @see fleet.md 3.2, 4.2 */
import type { Millis } from '../../core/base/time.ts';
import type { Clock } from '../../ports/clock/index.ts';
import { Bell } from './bell.ts';

/** Something that tells what it is now, and then every change of it, until its signal aborts. */
export type Source<T> = (stop: AbortSignal) => AsyncIterable<T>;

/**
 * Yields what the source tells, and the last of it again when `every` has passed: the safety net below the changes.
 * What comes while the consumer is busy is merged into the last.
 *
 * @param bell when the consumer rings it, it is told the last once more
 */
export async function* followed<T>(
  source: Source<T>,
  every: Millis,
  clock: Clock,
  stop: AbortSignal,
  bell = new Bell(),
): AsyncGenerator<T> {
  const over = new AbortController();
  const until = AbortSignal.any([stop, over.signal]);
  let last: { readonly told: T } | undefined;
  const follow = async () => {
    try {
      for await (const told of source(until)) {
        last = { told };
        bell.ring();
      }
    } finally {
      over.abort();
    }
  };
  const lookAgain = async () => {
    while (!until.aborted) {
      await clock.sleep(every, until);
      bell.ring();
    }
  };
  const both = Promise.all([follow(), lookAgain()]);
  try {
    for await (const _ring of bell.rings(until)) if (last !== undefined) yield last.told;
  } finally {
    over.abort();
    await both;
  }
}

/** Yields what the source tells first, asked anew `every` so often; changes in between wake nobody. */
export async function* polled<T>(source: Source<T>, every: Millis, clock: Clock, stop: AbortSignal): AsyncGenerator<T> {
  while (!stop.aborted) {
    let seen: { readonly told: T } | undefined;
    for await (const told of source(stop)) {
      seen = { told };
      break;
    }
    if (seen !== undefined) yield seen.told;
    await clock.sleep(every, stop);
  }
}
