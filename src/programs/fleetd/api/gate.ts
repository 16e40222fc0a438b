/** Whether the API may answer: only while this machine is in the cluster. */
import { ServerNotReady } from '../../../core/errors/api.ts';

export class Gate {
  #until: AbortSignal = AbortSignal.abort();

  /** Lets requests through until the signal aborts; whoever answers without end must end then. */
  open(until: AbortSignal): void {
    this.#until = until;
  }

  /** @throws {ServerNotReady} */
  pass(): AbortSignal {
    if (this.#until.aborted) throw new ServerNotReady({});
    return this.#until;
  }
}
