/** Follows the units that fleet started without Docker and that name their service. */
import { isDeepStrictEqual } from 'node:util';
import type { Millis } from '../../core/base/time.ts';
import type { Backend } from '../../core/records/backend.ts';
import type { Registrar } from '../../core/records/registrations.ts';
import { madeBy } from '../../core/records/stale.ts';
import { type UnitFacts, unitRegistrations } from '../../core/records/unit.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { FleetUnits } from '../../ports/fleet-units/index.ts';
import type { Log } from '../../ports/log/index.ts';
import { every } from './every.ts';
import { offersOf } from './offers.ts';
import type { Publisher, Standing } from './publisher.ts';

export interface UnitsWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly units: FleetUnits;
  /** Asked for when there is something to publish: a machine without such units holds no connection to a store. */
  readonly publisher: () => Promise<Publisher>;
  readonly backend: Backend;
  readonly registrar: Registrar;
  readonly cleanup: boolean;
  /** How often systemd is asked whatever its signals tell. */
  readonly checkEvery: Millis;
}

/** A unit that stops or fails loses its records at once, whatever `-deregister` says of containers. */
export async function followUnits(world: UnitsWorld, stop: AbortSignal): Promise<void> {
  const { units, publisher, backend, registrar, cleanup, log } = world;
  void every(world.checkEvery, world, stop, () => units.refresh());
  const known = new Map<string, UnitFacts>();
  const offering = new Set<string>();
  let standing: Standing = 'found';
  for await (const active of units.watch(stop)) {
    for (const name of known.keys()) {
      if (active.has(name)) continue;
      known.delete(name);
      if (offering.delete(name)) (await publisher()).withdraw('units', name);
    }
    for (const [name, facts] of active) {
      if (isDeepStrictEqual(known.get(name), facts)) continue;
      known.set(name, facts);
      const offers = offersOf(unitRegistrations(facts, registrar), name, backend, log);
      if (offers.length > 0) (await publisher()).offer('units', name, offers, standing);
      else if (offering.has(name)) (await publisher()).withdraw('units', name);
      if (offers.length > 0) offering.add(name);
      else offering.delete(name);
    }
    if (standing === 'found' && cleanup) await (await publisher()).sweep(madeBy(registrar.hostname, 'units', backend));
    standing = 'starting';
  }
}
