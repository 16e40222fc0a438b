/** Running with what the configuration says, and starting over when it says something else. */
import { isDeepStrictEqual } from 'node:util';
import type { Bells } from './bell.ts';

/**
 * Runs with what `describe` says until `stop` aborts; after every ring it is asked again, and `run` is ended and begun
 * anew when the answer has changed.
 */
export async function restarting<T>(
  news: Bells,
  describe: () => Promise<T>,
  run: (value: T, stop: AbortSignal) => Promise<void>,
  stop: AbortSignal,
): Promise<void> {
  const rings = news.rings(stop);
  const ring = rings.next();
  let value = await describe();
  let round = begun(run, value, stop);
  for (let heard = await ring; heard.done !== true; heard = await rings.next()) {
    const next = await describe();
    if (isDeepStrictEqual(next, value)) continue;
    await round.end();
    value = next;
    round = begun(run, value, stop);
  }
  await round.end();
}

function begun<T>(run: (value: T, stop: AbortSignal) => Promise<void>, value: T, stop: AbortSignal) {
  const round = new AbortController();
  const running = run(value, AbortSignal.any([stop, round.signal]));
  return {
    end: (): Promise<void> => {
      round.abort();
      return running;
    },
  };
}
