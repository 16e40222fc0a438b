/** What goes wrong in a simulated cluster, drawn from its seed; every fault can be healed. */
import type { Choices } from '../core/base/choices.ts';
import { type Millis, ms } from '../core/base/time.ts';
import type { Clock } from '../ports/clock/index.ts';
import type { MemoryEtcdStore } from '../ports/etcd/memory.ts';
import type { Machine } from './machine.ts';

export interface FaultOptions {
  /** How long at most a daemon that crashed stays away. */
  readonly recoverWithin: Millis;
  /** Whether a daemon may crash while its machine is cut off: the next one does not know until when the lease held. */
  readonly crashCut: boolean;
}

export class Faults {
  readonly #choices: Choices;
  readonly #clock: Clock;
  readonly #store: MemoryEtcdStore;
  readonly #machines: readonly Machine[];
  readonly #options: FaultOptions;

  constructor(
    choices: Choices,
    clock: Clock,
    store: MemoryEtcdStore,
    machines: readonly Machine[],
    options: FaultOptions,
  ) {
    this.#choices = choices;
    this.#clock = clock;
    this.#store = store;
    this.#machines = machines;
    this.#options = options;
  }

  /** One thing that goes wrong, or ceases to be wrong. */
  strike(): void {
    const machine = this.#choices.oneOf(this.#machines);
    const strikes: readonly (() => unknown)[] = [
      () => machine.cutOff(),
      () => machine.cutOff(),
      () => machine.rejoin(),
      () => machine.rejoin(),
      () => this.#crash(machine),
      () => (machine.powered ? machine.powerOff() : machine.powerOn()),
      () => machine.powerOn(),
      () => machine.restart(),
      () => this.#trouble(),
    ];
    this.#choices.oneOf(strikes)();
  }

  /** Everything works again. */
  heal(): void {
    for (const machine of this.#machines) {
      machine.rejoin();
      machine.powerOn();
      machine.recover();
    }
  }

  #crash(machine: Machine): void {
    if (machine.cut && !this.#options.crashCut) return;
    machine.crash();
    const away = ms(1 + this.#choices.below(this.#options.recoverWithin));
    void this.#clock.sleep(away).then(() => machine.recover());
  }

  /** etcd itself: out of everybody's reach, or without its history. */
  #trouble(): void {
    if (this.#choices.chance(1, 2)) this.#store.compact();
    else for (const machine of this.#machines) machine.cutOff();
  }
}
