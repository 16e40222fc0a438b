/** What lies between machines and etcd: it loses answers, and delivers requests whose sender has given up on them. */
import type { Choices } from '../core/base/choices.ts';
import { ms, seconds } from '../core/base/time.ts';
import { OperatingError } from '../core/errors/define.ts';
import { EtcdUnreachable } from '../core/errors/etcd.ts';
import type { Clock } from '../ports/clock/index.ts';
import type { Etcd, Transaction } from '../ports/etcd/index.ts';

/** For how long a sender waits for an answer. */
const patience = seconds(1);
/** How much later than that a request may still arrive: long enough for a lease to run out meanwhile. */
const lateness = seconds(4);

export class Network {
  readonly #choices: Choices;
  readonly #clock: Clock;
  /** Out of `of` transactions one is lost in some way. */
  readonly #of: number;
  #calm = false;

  constructor(choices: Choices, clock: Clock, of: number) {
    this.#choices = choices;
    this.#clock = clock;
    this.#of = of;
  }

  /** From now on everything arrives, also what is still under way. */
  heal(): void {
    this.#calm = true;
  }

  /**
   * @param line fails when its machine is cut off
   * @param underWay takes what was sent before, whatever has become of the machine since
   */
  between(line: Etcd, underWay: Etcd): Etcd {
    return {
      transact: async (transaction) => {
        const fate = this.#calm ? undefined : this.#choices.below(2 * this.#of);
        if (fate === 0) await line.transact(transaction);
        else if (fate === 1) {
          // Fails where the machine is cut off already.
          await line.transact({ ops: [] });
          void this.#late(transaction, underWay);
        } else return line.transact(transaction);
        await this.#clock.sleep(patience);
        throw new EtcdUnreachable({ endpoints: ['simulated'], doing: 'a transaction whose answer was lost' });
      },
      keepLease: (term) => line.keepLease(term),
      timedLease: (term) => line.timedLease(term),
      timeLeft: (lease) => line.timeLeft(lease),
      watch: (ranges, stop) => line.watch(ranges, stop),
      [Symbol.asyncDispose]: () => line[Symbol.asyncDispose](),
    };
  }

  async #late(transaction: Transaction, underWay: Etcd): Promise<void> {
    await this.#clock.sleep(ms(patience + this.#choices.below(lateness)));
    await underWay.transact(transaction).catch((cause) => {
      if (!(cause instanceof OperatingError)) throw cause;
    });
  }
}
