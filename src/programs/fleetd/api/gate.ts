/** Whether the API may answer: only while this machine is in the cluster. @see fleet.md 6.1 */
import { seconds } from '../../../core/base/time.ts';
import { ServerNotReady } from '../../../core/errors/api.ts';
import type { Clock } from '../../../ports/clock/index.ts';

/** A daemon that has just been started joins within a fraction of this. */
const patience = seconds(2);

/**
 * Requests that come before the first attempt to join has ended wait for its outcome, so that a restart of the daemon
 * is no failure to its clients. Afterwards they are let through, or refused at once.
 */
export class Gate {
  readonly #clock: Clock;
  readonly #waiting = new AbortController();
  #until: AbortSignal = AbortSignal.abort();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Lets requests through until the signal aborts; whoever answers without end must end then. */
  open(until: AbortSignal): void {
    this.#until = until;
    this.#waiting.abort();
  }

  /** This machine is not in the cluster, and nobody knows for how long. */
  shut(): void {
    this.#waiting.abort();
  }

  /** @returns aborts when the gate is shut again @throws {ServerNotReady} */
  async pass(): Promise<AbortSignal> {
    if (!this.#waiting.signal.aborted) await this.#clock.sleep(patience, this.#waiting.signal);
    if (this.#until.aborted) throw new ServerNotReady({});
    return this.#until;
  }
}
