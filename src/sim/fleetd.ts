/** The fleetd of one simulated machine: the daemon's own loops on whatever registry and systemd they are given. */
import { presets } from '../core/base/settings.ts';
import type { MachineId } from '../core/machine/types.ts';
import type { Clock } from '../ports/clock/index.ts';
import type { Log } from '../ports/log/index.ts';
import type { Registry } from '../ports/registry/index.ts';
import type { UnitManager } from '../ports/unit-manager/index.ts';
import { Gate } from '../programs/fleetd/api/gate.ts';
import { type Config, settings } from '../programs/fleetd/config.ts';
import { type FleetMetrics, fleetMetrics } from '../programs/fleetd/metrics/metrics.ts';
import { type Ending, Server } from '../programs/fleetd/server.ts';

export interface FleetdParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly registry: Registry;
  readonly units: UnitManager;
  readonly id: MachineId;
  /** The boot's: the same for every process of it. */
  readonly token: string;
  readonly config?: Partial<Config>;
}

export interface Fleetd {
  readonly gate: Gate;
  readonly metrics: FleetMetrics;
  /** Ends as after a signal; resolves when the process would be gone. */
  end(ending: Ending): Promise<void>;
}

export function runFleetd({ clock, log, registry, units, id, token, config: changes }: FleetdParts): Fleetd {
  const config: Config = { ...presets(settings), staticMetadata: {}, ...changes };
  const gate = new Gate(clock);
  const metrics = fleetMetrics();
  const machine = { id: async () => id, bootToken: async () => token, publicIp: async () => '' };
  const world = { clock, log, registry, units, machine, metrics, status: () => {}, config: () => config };
  const stop = new AbortController();
  let ending: Ending = 'leave';
  const running = new Server(world, gate).run(stop.signal, async () => ending);
  return {
    gate,
    metrics,
    async end(asked) {
      ending = asked;
      stop.abort();
      await running;
    },
  };
}
