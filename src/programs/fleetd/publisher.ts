/** Publishes what systemd says about this machine's units, as its signals tell it. @see fleet.md 4.6, and 9 point 6 */
import { type Millis, ms } from '../../core/base/time.ts';
import type { UnitState } from '../../core/cluster/types.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { MachineId } from '../../core/machine/types.ts';
import type { UnitHash, UnitName } from '../../core/unit/types.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Membership } from '../../ports/registry/index.ts';
import type { ManagedUnit, UnitManager } from '../../ports/unit-manager/index.ts';
import { Bell } from './bell.ts';

export interface PublisherWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly units: UnitManager;
}

const retryAfter = ms(250);

/**
 * So many writes may follow each other at once, and one more each time that so much has passed: what a few units do is
 * seen at once, and five hundred that start within seconds cost twenty writes a second instead of a write each.
 */
const writesAtOnce = 10;
const oneMoreEvery = ms(50);

class Pace {
  readonly #clock: Clock;
  /** When all of the writes so far would be over if each took its turn. */
  #over: Millis;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#over = clock.now();
  }

  async turn(stop: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    this.#over = ms(Math.max(this.#over, now) + oneMoreEvery);
    await this.#clock.sleep(ms(this.#over - now - writesAtOnce * oneMoreEvery), stop);
  }
}

/** What one membership has published, and has yet to publish. */
export class Publisher {
  readonly #world: PublisherWorld;
  readonly #membership: Membership;
  readonly #me: MachineId;
  readonly #bell = new Bell();
  readonly #published = new Map<UnitName, UnitState>();
  /** Units of whose last write nobody knows whether it took place. */
  readonly #unsure = new Set<UnitName>();
  #changed: Set<UnitName>;

  constructor(world: PublisherWorld, membership: Membership, me: MachineId) {
    this.#world = world;
    this.#membership = membership;
    this.#me = me;
    this.#changed = new Set(world.units.units().map(({ name }) => name));
  }

  /** By unit, what others see. */
  get published(): ReadonlyMap<UnitName, UnitState> {
    return this.#published;
  }

  /** By unit, what others are about to see; undefined for a state that goes. */
  toPublish(): ReadonlyMap<UnitName, UnitState | undefined> {
    const states = [...this.#changed].map((name) => [name, this.#stateOf(name)] as const);
    return new Map(
      states.filter(([name, state]) => this.#unsure.has(name) || !isSame(state, this.#published.get(name))),
    );
  }

  /**
   * Publishes every unit once and then what changes, until `stop` aborts. Changes that come during a write share the
   * next one, so that a burst costs few writes and the first of it none of the others' time.
   *
   * @param complete called once every unit that was here at the start has been published
   */
  async run(complete: () => void, stop: AbortSignal): Promise<void> {
    this.#bell.ring();
    const follow = async () => {
      for await (const names of this.#world.units.changes(stop)) {
        for (const name of names) this.#changed.add(name);
        this.#bell.ring();
      }
    };
    await Promise.all([follow(), this.#publish(complete, stop)]);
  }

  async #publish(complete: () => void, stop: AbortSignal): Promise<void> {
    const { clock, log } = this.#world;
    const pace = new Pace(clock);
    let first: (() => void) | undefined = complete;
    for await (const _ring of this.#bell.rings(stop)) {
      const changes = this.toPublish();
      this.#changed = new Set();
      try {
        await this.#write(changes);
        first?.();
        first = undefined;
        if (changes.size > 0) await pace.turn(stop);
      } catch (cause) {
        if (!(cause instanceof OperatingError)) throw cause;
        if (!stop.aborted) log.warn('UnitStatePublisher could not publish:', { units: changes.size, err: cause });
        for (const name of changes.keys()) {
          this.#changed.add(name);
          this.#unsure.add(name);
        }
        await clock.sleep(retryAfter, stop);
        this.#bell.ring();
      }
    }
  }

  async #write(changes: ReadonlyMap<UnitName, UnitState | undefined>): Promise<void> {
    if (changes.size === 0) return;
    const states = [...changes.values()].filter((state) => state !== undefined);
    const retract = [...changes].flatMap(([name, state]) => (state === undefined ? [name] : []));
    await this.#membership.publish(states, retract);
    for (const name of changes.keys()) this.#unsure.delete(name);
    for (const state of states) this.#published.set(state.unit, state);
    for (const name of retract) this.#published.delete(name);
  }

  #stateOf(name: UnitName): UnitState | undefined {
    return stateOf(this.#world.units.unit(name), this.#me);
  }
}

/** A unit whose file is not ours any more has no hash, and no state worth publishing. */
function stateOf(unit: ManagedUnit | undefined, machine: MachineId): UnitState | undefined {
  if (unit?.hash === undefined) return undefined;
  const { name, hash, load, active, sub, launched } = unit;
  return { unit: name, machine, hash: hash as UnitHash, load, active, sub, launched };
}

const isSame = (a: UnitState | undefined, b: UnitState | undefined): boolean =>
  a === b ||
  (a !== undefined &&
    b !== undefined &&
    a.hash === b.hash &&
    a.load === b.load &&
    a.active === b.active &&
    a.sub === b.sub &&
    a.launched === b.launched);
