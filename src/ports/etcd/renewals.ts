/**
 * Renewals of all leases of one client at one member, on one stream: a stream of its own for each would cost several times
 * what the renewal does.
 */
import { type Millis, ms } from '../../core/base/time.ts';
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

export interface RenewalLimits {
  /** A member that has not answered by then may hang; it does not get the next renewals on the same stream. */
  readonly patience: Millis;
  /** By then an answer is of no use any more. */
  readonly within: Millis;
}

interface Conversation {
  over: boolean;
  /** Whether it only waits for answers. */
  aside: boolean;
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
   * A member answers the renewals of one stream one after the other, and passes each on to the leader. One that was sent to
   * a leader that froze hangs for seconds, long after another leads, and so would all behind it.
   *
   * @returns the seconds that the lease has from now on; not above zero when it is gone
   */
  async renew(id: string, { patience, within }: RenewalLimits): Promise<number> {
    this.#conversation ??= this.#begin();
    const conversation = await this.#conversation;
    if (conversation.over) throw this.#trouble('the renewals have just ended');
    const settled = new AbortController();
    const answer = new Promise<number>((answered, failed) => {
      conversation.waiting.set(id, [...(conversation.waiting.get(id) ?? []), { answered, failed }]);
    }).finally(() => settled.abort());
    conversation.stream.write({ ID: id });
    void this.#watchTime(conversation, { patience, within }, settled.signal);
    return answer;
  }

  async #watchTime(conversation: Conversation, { patience, within }: RenewalLimits, settled: AbortSignal) {
    await this.#clock.sleep(patience, settled);
    if (settled.aborted) return;
    if (!conversation.aside && !conversation.over) this.#conversation = undefined;
    conversation.aside = true;
    await this.#clock.sleep(ms(within - patience), settled);
    if (!settled.aborted) this.#end(conversation, this.#trouble('a renewal was not answered'));
  }

  async #begin(): Promise<Conversation> {
    try {
      const stream = await this.#open();
      const conversation: Conversation = { over: false, aside: false, stream, waiting: new Map() };
      stream.on('data', ({ ID, TTL }) => {
        const [first, ...others] = conversation.waiting.get(ID) ?? [];
        if (others.length > 0) conversation.waiting.set(ID, others);
        else conversation.waiting.delete(ID);
        first?.answered(Number(TTL));
        if (conversation.aside && conversation.waiting.size === 0) this.#end(conversation, undefined);
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
    if (!conversation.aside) this.#conversation = undefined;
    conversation.stream.cancel();
    for (const { failed } of [...conversation.waiting.values()].flat()) failed(cause);
  }
}
