/**
 * Renewals of all leases of one client at one member, on one stream: a stream of its own for each would cost several times
 * what the renewal does.
 */
import type { Millis } from '../../core/base/time.ts';
import type { Clock } from '../clock/index.ts';

/** As etcd's protocol has it; what it says of one lease comes in the order in which it was asked. */
export interface RenewalStream {
  write(request: { readonly ID: string }): unknown;
  cancel(): void;
  on(event: 'data', heard: (answer: { readonly ID: string; readonly TTL: string }) => void): unknown;
  on(event: 'error', failed: (cause: Error) => void): unknown;
  on(event: 'end', ended: () => void): unknown;
}

interface Waiting {
  readonly answered: (left: number) => void;
  readonly failed: (cause: unknown) => void;
}

interface Conversation {
  over: boolean;
  readonly stream: RenewalStream;
  /** Who waits for an answer about a lease, the first one first. */
  readonly waiting: Map<string, Waiting[]>;
}

export class Renewals {
  readonly #clock: Clock;
  readonly #open: () => Promise<RenewalStream>;
  readonly #trouble: (what: string) => Error;
  #conversation: Promise<Conversation> | undefined;

  /** @param trouble the error that says that a member cannot be relied on */
  constructor(clock: Clock, open: () => Promise<RenewalStream>, trouble: (what: string) => Error) {
    this.#clock = clock;
    this.#open = open;
    this.#trouble = trouble;
  }

  /**
   * @param within a member that leaves a renewal unanswered for that long hangs: everybody at it is told
   * @returns the seconds that the lease has from now on; not above zero when it is gone
   */
  async renew(id: string, within: Millis): Promise<number> {
    this.#conversation ??= this.#begin();
    const conversation = await this.#conversation;
    if (conversation.over) throw this.#trouble('the renewals have just ended');
    const settled = new AbortController();
    const answer = new Promise<number>((answered, failed) => {
      conversation.waiting.set(id, [...(conversation.waiting.get(id) ?? []), { answered, failed }]);
    }).finally(() => settled.abort());
    conversation.stream.write({ ID: id });
    void this.#clock.sleep(within, settled.signal).then(() => {
      if (!settled.signal.aborted) this.#end(conversation, this.#trouble('a renewal was not answered'));
    });
    return answer;
  }

  async #begin(): Promise<Conversation> {
    try {
      const stream = await this.#open();
      const conversation: Conversation = { over: false, stream, waiting: new Map() };
      stream.on('data', ({ ID, TTL }) => {
        const [first, ...others] = conversation.waiting.get(ID) ?? [];
        if (others.length > 0) conversation.waiting.set(ID, others);
        else conversation.waiting.delete(ID);
        first?.answered(Number(TTL));
      });
      stream.on('error', (cause) => this.#end(conversation, cause));
      stream.on('end', () => this.#end(conversation, this.#trouble('the server ended the renewals')));
      return conversation;
    } catch (cause) {
      this.#conversation = undefined;
      throw cause;
    }
  }

  /** The next renewal begins anew. */
  #end(conversation: Conversation, cause: unknown): void {
    if (conversation.over) return;
    conversation.over = true;
    this.#conversation = undefined;
    conversation.stream.cancel();
    for (const { failed } of [...conversation.waiting.values()].flat()) failed(cause);
  }
}
