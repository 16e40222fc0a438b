/** Machines that went away a moment ago, and may be back in another. */
import { type Millis, ms } from '../../core/base/time.ts';
import type { Cluster } from '../../core/cluster/types.ts';
import type { MachineId } from '../../core/machine/types.ts';

/**
 * A member of etcd that led, froze and thaws revokes leases which others have renewed meanwhile, and a whole cluster may
 * vanish at once. Its machines hear it and join again: within 0.1 s as a rule, and nothing that runs need move.
 */
const grace = ms(400);

export class Absences {
  readonly #since = new Map<MachineId, Millis>();

  /** @returns for how long nothing should be decided about this cluster yet; 0 or less when it may be */
  wait({ machines, placements }: Cluster, now: Millis): Millis {
    const here = new Set(machines.map(({ id }) => id));
    const gone = new Set(placements.flatMap(({ machine }) => (here.has(machine) ? [] : [machine])));
    for (const id of this.#since.keys()) if (!gone.has(id)) this.#since.delete(id);
    for (const id of gone) if (!this.#since.has(id)) this.#since.set(id, now);
    // Whoever went last waits no longer than the first: machines that go one after the other must not hold everything up.
    const first = this.#since.values().next();
    return first.done ? ms(0) : ms(first.value + grace - now);
  }
}
