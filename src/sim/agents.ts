/**
 * Many machines in one process, on whatever etcd they are given: each with a fleetd and a client of its own, and a systemd
 * in memory. What they ask of etcd and hear from it is counted together.
 */
import type { MachineId } from '../core/machine/types.ts';
import type { Clock } from '../ports/clock/index.ts';
import type { Etcd } from '../ports/etcd/index.ts';
import type { Log } from '../ports/log/index.ts';
import { registryOn } from '../ports/registry/etcd.ts';
import type { Registry } from '../ports/registry/index.ts';
import { MemorySystemd, MemoryUnitManager } from '../ports/unit-manager/memory.ts';
import type { Config } from '../programs/fleetd/config.ts';
import { counted, noTraffic, type Traffic } from './counted.ts';
import { type Fleetd, runFleetd } from './fleetd.ts';

export interface AgentsParts {
  readonly clock: Clock;
  readonly log: Log;
  /** A new client for each machine. */
  readonly open: () => Promise<Etcd>;
  readonly ids: readonly string[];
  readonly config?: Partial<Config>;
}

export interface Agent {
  readonly id: MachineId;
  readonly fleetd: Fleetd;
  readonly registry: Registry;
  readonly units: MemoryUnitManager;
}

export interface Agents extends AsyncDisposable {
  readonly all: readonly Agent[];
  readonly traffic: Traffic;
}

export async function startAgents({ clock, log, open, ids, config = {} }: AgentsParts): Promise<Agents> {
  const traffic = noTraffic();
  const all = await Promise.all(
    ids.map(async (name): Promise<Agent> => {
      const id = name as MachineId;
      const registry = registryOn({ etcd: counted(await open(), traffic), clock, log });
      const units = new MemoryUnitManager(new MemorySystemd(clock));
      const fleetd = runFleetd({ clock, log, registry, units, id, token: `boot of ${id}`, config });
      return { id, fleetd, registry, units };
    }),
  );
  return {
    all,
    traffic,
    async [Symbol.asyncDispose]() {
      await Promise.all(
        all.map(async ({ fleetd, registry, units }) => {
          await fleetd.end('hand-over');
          await registry[Symbol.asyncDispose]();
          await units[Symbol.asyncDispose]();
        }),
      );
    },
  };
}
