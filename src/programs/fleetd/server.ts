/** One fleetd: in the cluster as an agent and perhaps an engine, or out of it and trying to get in. */
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import type { UnitState } from '../../core/cluster/types.ts';
import type { OperatingError } from '../../core/errors/define.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import type { UnitName } from '../../core/unit/types.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { LocalMachine } from '../../ports/local-machine/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Membership, Registry } from '../../ports/registry/index.ts';
import type { UnitManager } from '../../ports/unit-manager/index.ts';
import { Agent } from './agent.ts';
import type { Gate } from './api/gate.ts';
import { Bells } from './bell.ts';
import type { Config } from './config.ts';
import { fence, fenceMargin } from './fence.ts';
import { presenceTerm } from './lease-term.ts';
import type { FleetMetrics } from './metrics/metrics.ts';
import { join } from './presence.ts';
import { purge } from './purge.ts';
import { type Seat, Session } from './session.ts';
import { version } from './version.ts';

export interface World {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly units: UnitManager;
  readonly machine: LocalMachine;
  readonly metrics: FleetMetrics;
  /** Told how this machine stands, for whoever asks its systemd. */
  readonly status: (text: string) => void;
  /** As it is now: a reload changes it. */
  readonly config: () => Config;
}

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
  readonly #news = new Bells();
  #id = '' as MachineId;
  #session: Session | undefined;

  constructor(world: World, gate: Gate) {
    this.#world = world;
    this.#gate = gate;
    this.#agent = new Agent(world);
  }

  /** The configuration changed: what depends on it follows, and no unit is touched. */
  reload(): void {
    this.#news.ring();
  }

  /** What SIGUSR1 prints. @see fleet.md 8.5 */
  dump(): object {
    const units = this.#world.units.units();
    const publisher = this.#session?.publisher;
    return {
      Agent: {
        Cache: { TargetStates: Object.fromEntries(units.map((u) => [u.name, u.launched ? 'launched' : 'loaded'])) },
      },
      UnitStatePublisher: {
        Cache: dumped(publisher?.published ?? new Map()),
        ToPublish: dumped(publisher?.toPublish() ?? new Map()),
      },
      UnitStateGenerator: { Subscribed: units.map(({ name }) => name) },
    };
  }

  /**
   * Runs until `stop` aborts. Losing the registry ends the membership and nothing else: units stay as they are, unless
   * they are to be fenced, and the machine joins again as soon as it can.
   *
   * @param ending asked once `stop` has aborted
   * @throws {MachineIdUnknown}
   * @see fleet.md 4.7, 4.8
   */
  async run(stop: AbortSignal, ending: () => Promise<Ending>): Promise<void> {
    const { log, clock, units, machine, status } = this.#world;
    this.#id = await machine.id();
    const token = await machine.bootToken();
    const take = (term: Millis, until: AbortSignal) => this.#take(token, term, until);
    log.info('Establishing etcd connectivity');
    let seat = await this.#takeFirst(take, stop);
    let previous: Seat | undefined;
    while (seat !== undefined) {
      const next: Seat | undefined = await this.#takePart(seat, previous, take, stop);
      if (stop.aborted) break;
      previous = next && seat;
      if (next === undefined) {
        log.info('Restarting server');
        await this.#leave(seat.membership);
      }
      seat = next ?? (await take(this.#term(), stop));
    }
    if ((await ending()) === 'hand-over') return;
    log.info('Gracefully shutting down');
    status('stopping its units');
    await this.#agent.settled();
    await purge(clock, log, units);
    if (seat !== undefined) await this.#leave(seat.membership);
  }

  async #takePart(
    seat: Seat,
    previous: Seat | undefined,
    join: (term: Millis, until: AbortSignal) => Promise<Seat | undefined>,
    stop: AbortSignal,
  ): Promise<Seat | undefined> {
    const me = await this.#describe();
    const describe = () => this.#describe();
    const parts = { world: this.#world, agent: this.#agent, gate: this.#gate, news: this.#news, describe, join };
    this.#session = new Session(parts, me, seat, previous);
    this.#world.status(`in the cluster as ${me.id} (${me.publicIp || 'no address'})`);
    return this.#session.run(stop);
  }

  /**
   * The first seat of this process. An earlier one may have left units running under a lease of which nobody knows how
   * long it holds; who has to fence does not wait long for a seat.
   */
  async #takeFirst(
    take: (term: Millis, until: AbortSignal) => Promise<Seat | undefined>,
    stop: AbortSignal,
  ): Promise<Seat | undefined> {
    const { clock, config } = this.#world;
    const seated = new AbortController();
    const term = this.#term();
    const fenceMeanwhile = async () => {
      if (config().partitionPolicy !== 'fence') return;
      await clock.sleep(fenceMargin(term), AbortSignal.any([stop, seated.signal]));
      if (stop.aborted || seated.signal.aborted) return;
      await fence(this.#world, ms(clock.now() + fenceMargin(term)));
    };
    const fencing = fenceMeanwhile();
    const seat = await take(term, stop);
    seated.abort();
    await fencing;
    return seat;
  }

  async #take(token: string, term: Millis, until: AbortSignal): Promise<Seat | undefined> {
    const refused = (cause: OperatingError) => {
      this.#gate.shut();
      this.#world.status(`not in the cluster: ${cause.message}`);
    };
    const membership = await join(this.#world, () => this.#describe(), token, term, refused, until);
    return membership && { membership, term };
  }

  #term(): Millis {
    return presenceTerm(this.#world.config().agentTtl);
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
      id: this.#id,
      publicIp: publicIp || (await machine.publicIp()),
      metadata: staticMetadata,
      capabilities: { GRPC: false, DISABLE_ENGINE: disableEngine },
      version,
    };
  }
}

const dumped = (states: ReadonlyMap<UnitName, UnitState | undefined>): object =>
  Object.fromEntries(
    [...states].map(([name, state]) => [
      name,
      state && {
        LoadState: state.load,
        ActiveState: state.active,
        SubState: state.sub,
        MachineID: state.machine,
        UnitHash: state.hash,
        UnitName: state.unit,
      },
    ]),
  );
