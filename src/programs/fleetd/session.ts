/** Being in the cluster under one membership: agent, publisher and perhaps engine, until it ends or is replaced. */
import { isDeepStrictEqual } from 'node:util';
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { Machine } from '../../core/machine/types.ts';
import type { Membership } from '../../ports/registry/index.ts';
import type { Agent } from './agent.ts';
import type { Gate } from './api/gate.ts';
import type { Bells } from './bell.ts';
import { runEngine } from './engine.ts';
import { fence, killAt, renewed, runningOut, timeLeft } from './fence.ts';
import { leadershipTerm, presenceTerm } from './lease-term.ts';
import { Publisher } from './publisher.ts';
import { restarting } from './restarting.ts';
import type { World } from './server.ts';

/** A membership, with the term that it was asked for. */
export interface Seat {
  readonly membership: Membership;
  readonly term: Millis;
}

export interface SessionParts {
  readonly world: World;
  readonly agent: Agent;
  readonly gate: Gate;
  /** Rings when the configuration, or the machine itself, may have changed. */
  readonly news: Bells;
  /** The machine as it is now. */
  readonly describe: () => Promise<Machine>;
  /** Takes a seat; undefined when `stop` aborted first. */
  readonly join: (term: Millis, stop: AbortSignal) => Promise<Seat | undefined>;
}

/** How often the machine's address is looked at again. @see fleet.md 4.1 */
const factsEvery = seconds(60);

export class Session {
  readonly publisher: Publisher;
  readonly #parts: SessionParts;
  readonly #seat: Seat;
  #previous: Seat | undefined;

  /** @param previous a seat of ours that others still see; it is left once this one shows all that it showed */
  constructor(parts: SessionParts, me: Machine, seat: Seat, previous?: Seat) {
    this.#parts = parts;
    this.#seat = seat;
    this.#previous = previous;
    this.publisher = new Publisher(parts.world, seat.membership, me.id);
  }

  /**
   * Takes part until `stop` aborts or the seat is lost; or until `agent_ttl` has changed, and a seat under the new term
   * has been taken: that one is returned, to go on with. Units are left alone in any case, except by a fence.
   */
  async run(stop: AbortSignal): Promise<Seat | undefined> {
    const { gate, world } = this.#parts;
    const { lost } = this.#seat.membership;
    const replaced = new AbortController();
    const until = AbortSignal.any([stop, lost, replaced.signal]);
    const fallen = () => lost.aborted && !replaced.signal.aborted && !stop.aborted;
    const sayLost = () => {
      if (fallen()) world.log.error('Server monitor triggered: Monitor timed out before successful heartbeat');
    };
    lost.addEventListener('abort', sayLost, { once: true });
    sayLost();
    // Whoever follows a replaced session opens the gate again: the API goes on in between.
    gate.open(AbortSignal.any([stop, lost]));
    let next: Seat | undefined;
    const publishAndReplace = async () => {
      next = await this.#publishUntilReplaced(until);
      if (next !== undefined) replaced.abort();
    };
    await Promise.all([
      this.#runAgent(until, fallen),
      publishAndReplace(),
      this.#runEngine(until),
      this.#watchAddress(until),
    ]);
    lost.removeEventListener('abort', sayLost);
    await this.#leavePrevious();
    return next;
  }

  /** @returns the seat under a new term of presence */
  async #publishUntilReplaced(until: AbortSignal): Promise<Seat | undefined> {
    const { world, news, join } = this.#parts;
    const publishing = new AbortController();
    const published = this.publisher.run(() => void this.#leavePrevious(), AbortSignal.any([until, publishing.signal]));
    const wanted = () => presenceTerm(world.config().agentTtl);
    for await (const _ring of news.rings(until)) {
      if (wanted() === this.#seat.term) continue;
      // What is written under the old seat while the new one is taken would be refused, and be taken for a loss.
      publishing.abort();
      await published;
      const seat = await join(wanted(), until);
      if (seat !== undefined) return seat;
    }
    await published;
    return undefined;
  }

  #runEngine(until: AbortSignal): Promise<void> {
    const { world, news, describe } = this.#parts;
    const options = async () => {
      const { disableEngine, disableWatches, engineReconcileInterval: interval } = world.config();
      const { id: me } = await describe();
      const term = leadershipTerm(interval, this.#seat.term);
      return disableEngine ? undefined : { me, term, interval, watch: !disableWatches };
    };
    return restarting(news, options, async (chosen, stop) => chosen && runEngine(world, chosen, stop), until);
  }

  /** @param fallen whether this machine has fallen out of the cluster, once `until` has aborted */
  async #runAgent(until: AbortSignal, fallen: () => boolean): Promise<void> {
    const { world, news } = this.#parts;
    const policy = async () => world.config().partitionPolicy;
    await restarting(
      news,
      policy,
      (chosen, stop) => (chosen === 'fence' ? this.#runFenced(stop) : this.#follow(stop)),
      until,
    );
    // The lease may have ended before its time; nobody waits for us then.
    if ((await policy()) === 'fence' && fallen()) await fence(world, world.clock.now());
  }

  /** As an agent that stops in time what the cluster may start elsewhere, and goes on when it is back. */
  async #runFenced(until: AbortSignal): Promise<void> {
    const { world } = this.#parts;
    const { membership, term } = this.#seat;
    while (!until.aborted) {
      const round = new AbortController();
      const following = this.#follow(AbortSignal.any([until, round.signal]));
      await runningOut(membership, term, world.clock, until);
      round.abort();
      if (!until.aborted) {
        const deadline = killAt(membership.validUntil(), term);
        await fence(world, deadline);
        await following;
        // systemd may only now have come to what was ordered last.
        if (!(await this.#renewedBy(deadline, until))) await fence(world, deadline);
        await renewed(membership, term, world.clock, until);
      }
      await following;
    }
  }

  async #renewedBy(deadline: Millis, until: AbortSignal): Promise<boolean> {
    const { clock } = this.#parts.world;
    const { membership, term } = this.#seat;
    const over = new AbortController();
    const signal = AbortSignal.any([until, over.signal]);
    await Promise.race([renewed(membership, term, clock, signal), clock.sleep(ms(deadline - clock.now()), signal)]);
    over.abort();
    return timeLeft(membership, term, clock) > 0;
  }

  /** As an agent, started over whenever the facts about this machine have changed and others know of it. */
  #follow(until: AbortSignal): Promise<void> {
    const { world, agent, news, describe } = this.#parts;
    let known: Machine | undefined;
    const facts = async () => {
      const now = await describe();
      if (known === undefined || (!isDeepStrictEqual(now, known) && (await this.#announced(now)))) known = now;
      return { me: known, watch: !world.config().disableWatches };
    };
    return restarting(news, facts, ({ me, watch }, stop) => agent.run(me, watch, stop), until);
  }

  async #announced(machine: Machine): Promise<boolean> {
    try {
      await this.#seat.membership.update(machine);
      return true;
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      this.#parts.world.log.warn('What is new about this machine could not be announced:', { err: cause });
      return false;
    }
  }

  async #watchAddress(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#parts.world.clock.sleep(factsEvery, stop);
      this.#parts.news.ring();
    }
  }

  async #leavePrevious(): Promise<void> {
    const previous = this.#previous;
    this.#previous = undefined;
    await previous?.membership[Symbol.asyncDispose]();
  }
}
