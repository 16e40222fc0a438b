/**
 * Looks at the whole cluster after every change of it, for as long as somebody wants to know: by the API's stream of
 * changes, and by the clock where a server has none. Lost connections are opened again, and nothing that is still true
 * then is missed, since each look is at everything.
 */
import type { Look } from '../../core/api/differences.ts';
import { ms, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { ClusterSilent } from '../../core/errors/fleetctl.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { FleetApi } from '../../ports/fleet-api/index.ts';
import type { World } from './world.ts';

/** How often to look at a server that tells nothing by itself, and to try again one that cannot be reached. */
const lookEvery = seconds(1);
/** How long the answer to one request may take. */
const patience = seconds(10);
/** When nothing was heard for so long we look: a connection may have ended without a word. */
const silence = seconds(15);
/** Changes so close together are seen by one look; many units change many times, and each look costs the cluster work. */
const breather = ms(50);

export interface Follower {
  look(look: Look): void;
  /** Called for every failure in a row; a thrown error ends the following. */
  lost(trouble: OperatingError): void;
}

/** Ends when `stop` aborts. */
export async function followCluster(
  { fleet, clock }: Pick<World, 'fleet' | 'clock'>,
  stop: AbortSignal,
  follower: Follower,
): Promise<void> {
  while (!stop.aborted) {
    // Closes the stream of this attempt, also when it is not the stream that failed.
    using attempt = endsWith(stop);
    try {
      await follow(fleet, clock, attempt.signal, (look) => follower.look(look));
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      if (!stop.aborted) follower.lost(cause);
    }
    attempt.end();
    await clock.sleep(lookEvery, stop);
  }
}

/** @throws an operating error when the connection is lost */
async function follow(fleet: FleetApi, clock: Clock, stop: AbortSignal, seen: (look: Look) => void): Promise<void> {
  const look = async () => {
    const asked = Promise.all([fleet.machines(), fleet.units(), fleet.states()]);
    const answers = await inTime(asked, clock, stop);
    if (answers === undefined) return;
    const [machines, units, states] = answers;
    seen({ machines, units, states });
  };
  const changes = await inTime(fleet.changes(stop), clock, stop);
  if (changes === undefined) {
    while (!stop.aborted) {
      await look();
      await clock.sleep(lookEvery, stop);
    }
    return;
  }
  const stream = changes[Symbol.asyncIterator]();
  let next = stream.next();
  while (!stop.aborted) {
    const change = await within(next, clock, silence, stop);
    if (stop.aborted) return;
    if (change?.done) throw new ClusterSilent({ why: 'the connection ended' });
    // Asked for before the look, so that what changes while we look makes another one.
    if (change !== undefined) next = stream.next();
    await look();
    await clock.sleep(breather, stop);
  }
}

/** @returns undefined when `stop` aborted @throws {ClusterSilent} */
async function inTime<T>(asked: Promise<T>, clock: Clock, stop: AbortSignal): Promise<T | undefined> {
  // Told apart from an answer that is undefined itself.
  const answer = await within(
    asked.then((value) => ({ value })),
    clock,
    patience,
    stop,
  );
  if (answer !== undefined) return answer.value;
  if (stop.aborted) return undefined;
  throw new ClusterSilent({ why: `no answer within ${patience / 1_000} s` });
}

/** @returns undefined when the time is over or `stop` aborted */
async function within<T>(
  asked: Promise<T>,
  clock: Clock,
  duration: typeof patience,
  stop: AbortSignal,
): Promise<T | undefined> {
  using over = endsWith(stop);
  return await Promise.race([asked, clock.sleep(duration, over.signal).then(() => undefined)]);
}

/** A signal that aborts with another one, and at its scope's end without leaving anything behind. */
function endsWith(stop: AbortSignal): Disposable & { readonly signal: AbortSignal; end(): void } {
  const own = new AbortController();
  const end = () => {
    stop.removeEventListener('abort', end);
    own.abort();
  };
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  return { signal: own.signal, end, [Symbol.dispose]: end };
}
