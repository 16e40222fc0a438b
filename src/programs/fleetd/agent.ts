/** The agent: keeps this machine's systemd at what the registry wants of it. @see fleet.md section 4 */
import { desire } from '../../core/agent/desire.ts';
import { plan } from '../../core/agent/plan.ts';
import type { Work } from '../../core/agent/types.ts';
import { printDuration } from '../../core/base/duration.ts';
import { ms, seconds } from '../../core/base/time.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { Machine } from '../../core/machine/types.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Registry } from '../../ports/registry/index.ts';
import type { UnitManager } from '../../ports/unit-manager/index.ts';
import { Bell } from './bell.ts';
import { polled } from './looking.ts';
import { Tasks } from './tasks.ts';

export interface AgentWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly units: UnitManager;
}

/** The safety net below the signals; nothing that works waits for it. */
const lookAgainEvery = seconds(60);
/** How often an agent looks that does not follow the registry. @see fleet.md 4.2 */
const glanceEvery = seconds(5);
const slowPass = seconds(5);

/** Lives as long as the process: what is stopping, and what failed, outlasts a loss of the registry. */
export class Agent {
  readonly #world: AgentWorld;
  readonly #bell = new Bell();
  readonly #tasks: Tasks;

  constructor(world: AgentWorld) {
    this.#world = world;
    this.#tasks = new Tasks(world, () => this.#bell.ring());
  }

  /**
   * Runs until `stop` aborts; leaves the units as they are then. One run at a time.
   *
   * @param watch whether changes of the registry wake the agent; otherwise it looks every 5 s
   */
  async run(me: Machine, watch: boolean, stop: AbortSignal): Promise<void> {
    const { clock, log, registry, units } = this.#world;
    let work: Work | undefined;

    const source = (until: AbortSignal) => registry.work(me, until);
    const follow = async () => {
      for await (const news of watch ? source(stop) : polled(source, glanceEvery, clock, stop)) {
        work = news;
        this.#bell.ring();
      }
    };
    const lookAgain = async () => {
      for (;;) {
        await clock.sleep(lookAgainEvery, stop);
        if (stop.aborted) return;
        await tolerating(log, () => units.refresh());
        this.#bell.ring();
      }
    };
    const act = async () => {
      for await (const _ring of this.#bell.rings(stop)) {
        const wanted = work;
        if (wanted === undefined) continue;
        const started = clock.now();
        await tolerating(log, () => this.#tasks.carryOut(plan(desire(wanted, me.id), units.units()), stop));
        const took = ms(clock.now() - started);
        if (took > slowPass) log.warn(`AgentReconciler completed reconciliation in ${printDuration(took)}`);
      }
    };
    await Promise.all([follow(), lookAgain(), act()]);
  }

  /** Resolves when no unit is stopping any more on our order. */
  settled(): Promise<void> {
    return this.#tasks.settled();
  }
}

/** An operating error ends the round and not the loop; a bug ends the program. */
async function tolerating(log: Log, round: () => Promise<void>): Promise<void> {
  try {
    await round();
  } catch (cause) {
    if (!(cause instanceof OperatingError)) throw cause;
    log.error('AgentReconciler gave up this round:', { err: cause });
  }
}
