/** One fleetd: in the cluster as an agent and perhaps an engine, or out of it and trying to get in. */
import { isDeepStrictEqual } from 'node:util';
import { seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { Machine } from '../../core/machine/types.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { LocalMachine } from '../../ports/local-machine/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Membership, Registry } from '../../ports/registry/index.ts';
import type { UnitManager } from '../../ports/unit-manager/index.ts';
import { Agent } from './agent.ts';
import type { Gate } from './api/gate.ts';
import { Bell } from './bell.ts';
import type { Config } from './config.ts';
import { runEngine } from './engine.ts';
import { leadershipTerm, presenceTerm } from './lease-term.ts';
import type { FleetMetrics } from './metrics/metrics.ts';
import { join } from './presence.ts';
import { runPublisher } from './publisher.ts';
import { purge } from './purge.ts';
import { version } from './version.ts';

export interface World {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly units: UnitManager;
  readonly machine: LocalMachine;
  readonly metrics: FleetMetrics;
  /** As it is now: a reload changes it. */
  readonly config: () => Config;
}

/** How often the machine's address is looked at again. */
const factsEvery = seconds(60);
/** Leaving must not wait for an etcd that does not answer. */
const leavePatience = seconds(5);

/**
 * How a server ends. `leave`: units stopped, presence gone at once. `hand-over`: everything stays, for the successor
 * that systemd starts right now and that is recognised by the boot token.
 */
export type Ending = 'leave' | 'hand-over';

export class Server {
  readonly #world: World;
  readonly #gate: Gate;
  readonly #agent: Agent;
  readonly #facts = new Bell();
  #id = '';

  constructor(world: World, gate: Gate) {
    this.#world = world;
    this.#gate = gate;
    this.#agent = new Agent(world);
  }

  /** The configuration changed: tells the cluster what is new about this machine, and touches no unit. */
  reload(): void {
    this.#facts.ring();
  }

  /** What SIGUSR1 prints. @see fleet.md 8.5 */
  dump(): object {
    const units = this.#world.units.units();
    const states = units.map(({ name, hash, load, active, sub }) => {
      const state = { LoadState: load, ActiveState: active, SubState: sub, MachineID: this.#id, UnitHash: hash };
      return [name, { ...state, UnitName: name }] as const;
    });
    return {
      Agent: {
        Cache: { TargetStates: Object.fromEntries(units.map((u) => [u.name, u.launched ? 'launched' : 'loaded'])) },
      },
      UnitStatePublisher: { Cache: Object.fromEntries(states), ToPublish: {} },
      UnitStateGenerator: { Subscribed: units.map(({ name }) => name) },
    };
  }

  /**
   * Runs until `stop` aborts. Losing the registry ends the membership and nothing else: units stay as they are, and the
   * machine joins again as soon as it can.
   *
   * @param ending asked once `stop` has aborted
   * @throws {MachineIdUnknown}
   * @see fleet.md 4.7, 4.8
   */
  async run(stop: AbortSignal, ending: () => Promise<Ending>): Promise<void> {
    const { log, clock, units, machine, config } = this.#world;
    this.#id = await machine.id();
    const token = await machine.bootToken();
    log.info('Establishing etcd connectivity');
    let membership: Membership | undefined;
    while (!stop.aborted) {
      const refused = () => this.#gate.shut();
      membership = await join(
        this.#world,
        () => this.#describe(),
        token,
        presenceTerm(config().agentTtl),
        refused,
        stop,
      );
      if (membership === undefined) break;
      await this.#serve(membership, stop);
      if (stop.aborted) break;
      log.error('Server monitor triggered: Monitor timed out before successful heartbeat');
      log.info('Restarting server');
      await this.#leave(membership);
    }
    if ((await ending()) === 'hand-over') return;
    log.info('Gracefully shutting down');
    await this.#agent.settled();
    await purge(clock, log, units);
    if (membership !== undefined) await this.#leave(membership);
  }

  /** Takes part in the cluster until the membership is lost or `stop` aborts. */
  async #serve(membership: Membership, stop: AbortSignal): Promise<void> {
    const { config, units } = this.#world;
    const { disableEngine, engineReconcileInterval, agentTtl } = config();
    const until = AbortSignal.any([stop, membership.lost]);
    const { id } = await this.#describe();
    this.#gate.open(until);
    await Promise.all([
      this.#runAgent(membership, until),
      runPublisher({ ...this.#world, units }, membership, id, until),
      disableEngine ? undefined : runEngine(this.#world, id, leadershipTerm(engineReconcileInterval, agentTtl), until),
      this.#watchAddress(until),
    ]);
  }

  /** Runs the agent, and starts it over whenever the facts about this machine have changed. */
  async #runAgent(membership: Membership, stop: AbortSignal): Promise<void> {
    let me = await this.#describe();
    let agent = this.#startAgent(me, stop);
    for await (const _ring of this.#facts.rings(stop)) {
      const now = await this.#describe();
      if (isDeepStrictEqual(now, me) || !(await this.#announce(membership, now))) continue;
      me = now;
      await agent.end();
      agent = this.#startAgent(me, stop);
    }
    await agent.end();
  }

  #startAgent(me: Machine, stop: AbortSignal): { end(): Promise<void> } {
    const round = new AbortController();
    const running = this.#agent.run(me, AbortSignal.any([stop, round.signal]));
    return {
      end: () => {
        round.abort();
        return running;
      },
    };
  }

  async #announce(membership: Membership, machine: Machine): Promise<boolean> {
    try {
      await membership.update(machine);
      return true;
    } catch (cause) {
      if (!(cause instanceof OperatingError)) throw cause;
      this.#world.log.warn('What is new about this machine could not be announced:', { err: cause });
      return false;
    }
  }

  async #watchAddress(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#world.clock.sleep(factsEvery, stop);
      this.#facts.ring();
    }
  }

  async #leave(membership: Membership): Promise<void> {
    const { clock, log } = this.#world;
    const patience = new AbortController();
    const left = async () => {
      try {
        await membership[Symbol.asyncDispose]();
      } catch (cause) {
        log.warn('Presence could not be removed and will expire:', { err: cause });
      }
    };
    await Promise.race([left(), clock.sleep(leavePatience, patience.signal)]);
    patience.abort();
  }

  async #describe(): Promise<Machine> {
    const { config, machine } = this.#world;
    const { publicIp, staticMetadata, disableEngine } = config();
    return {
      id: await machine.id(),
      publicIp: publicIp || (await machine.publicIp()),
      metadata: staticMetadata,
      capabilities: { GRPC: false, DISABLE_ENGINE: disableEngine },
      version,
    };
  }
}
