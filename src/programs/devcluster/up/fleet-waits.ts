/** Waiting for what the fleet API shows, woken by its changes instead of asking again and again. */
import { type Millis, ms, seconds } from '../../../core/base/time.ts';
import { ApiRefused, ApiUnintelligible, ApiUnreachable } from '../../../core/errors/fleet-api.ts';
import type { FleetApi } from '../../../ports/fleet-api/index.ts';
import { type Look, orStopped, throwIfStopped, tooLong, until, type Wait } from './patience.ts';

/** How long after a connection that failed the next is tried: a daemon that starts is there soon. */
const retryAfter = ms(25);
/** A stream of changes that says nothing for this long is not trusted. */
const atLatest = seconds(2);

/**
 * Looks now and after every change, until it sees what it waits for. Failures of the API are sights like any other: while
 * a cluster comes up, they are to be expected.
 */
export async function untilFleet<T>(wait: Wait, api: FleetApi, look: (api: FleetApi) => Promise<Look<T>>): Promise<T> {
  const { clock, limit, stop } = wait;
  const end = clock.now() + limit;
  let seen = 'fleetd has not answered yet';
  while (clock.now() < end) {
    throwIfStopped(stop);
    const turn = new AbortController();
    const close = (): void => turn.abort();
    stop.addEventListener('abort', close, { once: true });
    try {
      const changes = await orStopped(within(api.changes(turn.signal), ms(end - clock.now()), wait), stop);
      if (changes === undefined) await clock.sleep(retryAfter, stop);
      const changed = changes === undefined ? undefined : bell(changes);
      while (clock.now() < end) {
        const sight = await orStopped(look(api), stop);
        if ('value' in sight) return sight.value;
        seen = sight.seen;
        if (changed === undefined) break;
        if (!(await changed(wait, ms(Math.min(atLatest, end - clock.now()))))) break;
        throwIfStopped(stop);
      }
    } catch (error) {
      throwIfStopped(stop);
      if (!isOfApi(error)) throw error;
      seen = error.message;
      await clock.sleep(retryAfter, stop);
    } finally {
      stop.removeEventListener('abort', close);
      turn.abort();
    }
  }
  throw tooLong(wait, seen);
}

/**
 * Does what may be done twice, until the API has no passing reason to refuse it: on a host that is busy with machines that
 * boot, etcd may lose its leader once more after it had a quorum.
 */
export const insist = <T>(wait: Wait, act: () => Promise<T>): Promise<T> =>
  until(wait, async () => {
    try {
      return { value: await act() };
    } catch (error) {
      if (!isOfApi(error) || isFinal(error)) throw error;
      return { seen: error.message };
    }
  });

/** The request is at fault, not the server. */
const isFinal = (error: unknown): boolean => error instanceof ApiRefused && error.facts.status < 500;

const isOfApi = (error: unknown): error is Error =>
  [ApiRefused, ApiUnreachable, ApiUnintelligible].some((kind) => error instanceof kind);

/** @returns whether changes may still come, as soon as one came or the time is over */
function bell(changes: AsyncIterable<void>): (wait: Wait, atMost: Millis) => Promise<boolean> {
  const steps = changes[Symbol.asyncIterator]();
  // Kept over rounds: a change that comes while nobody waits must not be lost with its promise.
  let next: Promise<boolean> | undefined;
  return async ({ clock, stop }, atMost) => {
    next ??= steps.next().then(({ done }) => done !== true);
    const rung = new AbortController();
    const end = (): void => rung.abort();
    stop.addEventListener('abort', end, { once: true });
    const ring = next.finally(end);
    ring.catch(() => {});
    await clock.sleep(atMost, rung.signal);
    stop.removeEventListener('abort', end);
    const result = await Promise.race([ring, Promise.resolve('quiet' as const)]);
    if (result === 'quiet') return true;
    next = undefined;
    return result;
  };
}

/** A daemon that accepts and says nothing must not hold us longer than the wait's limit. */
async function within<T>(promise: Promise<T>, limit: Millis, wait: Wait): Promise<T> {
  const done = new AbortController();
  const late = wait.clock.sleep(limit, done.signal).then(() => {
    throw tooLong(wait, 'fleetd accepts connections and does not answer');
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    done.abort();
  }
}
