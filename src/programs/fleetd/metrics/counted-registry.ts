/** A registry whose operations and leases are counted. */
import type { Clock } from '../../../ports/clock/index.ts';
import type { Leadership, Membership, Registry } from '../../../ports/registry/index.ts';
import { counted, type Outcome } from './counted.ts';
import type { FleetMetrics } from './metrics.ts';

/**
 * Reads of one unit are `get`, of the whole cluster `get_all`, all writes `set`. Watches are none of them: what they bring
 * costs no operation of ours.
 */
export function countedRegistry<R extends Registry>(registry: R, clock: Clock, metrics: FleetMetrics): R {
  const as = (type: 'get' | 'set' | 'get_all') => ({
    ended: ({ seconds, failed }: Outcome) => {
      metrics.operations.with(type).add();
      if (failed) metrics.operationFailures.with(type).add();
      metrics.operationDuration.with(type).observe(seconds);
    },
  });
  const holding = (lease: 'presence' | 'leadership', { lost }: { readonly lost: AbortSignal }) => {
    metrics.leases.with(lease).add();
    const count = () => metrics.leasesLost.with(lease).add();
    if (lost.aborted) count();
    else lost.addEventListener('abort', count, { once: true });
  };
  const member = (membership: Membership): Membership => {
    holding('presence', membership);
    return counted(membership, clock, { publish: as('set'), update: as('set') });
  };
  const leader = (leadership: Leadership): Leadership => {
    holding('leadership', leadership);
    // An object of its own: `await using` takes no proxy in V8 13.6, though a proxy has the method that it looks for.
    const { apply } = counted(leadership, clock, { apply: as('set') });
    return { ...leadership, apply };
  };
  return counted<Registry>(registry, clock, {
    read: as('get_all'),
    unit: as('get'),
    status: as('get'),
    putUnit: as('set'),
    setTarget: as('set'),
    removeUnit: as('set'),
    setMetadata: as('set'),
    join: { ...as('set'), instead: member },
    lead: { ...as('set'), instead: (outcome) => ('leader' in outcome ? outcome : leader(outcome)) },
  }) as R;
}
