/** The one file of fleetd that knows every real adapter. */
import type { ProcessFacts } from '../../core/metrics/process.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { openEtcd } from '../../ports/etcd/etcd3.ts';
import { linuxMachine, userPaths } from '../../ports/local-machine/linux.ts';
import { consoleLog } from '../../ports/log/console.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Notifier } from '../../ports/notifier/index.ts';
import { systemdNotifier } from '../../ports/notifier/systemd.ts';
import { type Heap, ownHeap } from '../../ports/process/heap.ts';
import { ownProcess } from '../../ports/process/self.ts';
import { registryOn } from '../../ports/registry/etcd.ts';
import { activatedDescriptors } from '../../ports/sockets/activation.ts';
import type { Handler } from '../../ports/sockets/index.ts';
import { serve } from '../../ports/sockets/serve.ts';
import { openSystemd, userSystemd } from '../../ports/unit-manager/systemd.ts';
import { apiRejection } from './api/handler.ts';
import type { Config } from './config.ts';
import { etcdOptions } from './etcd-options.ts';
import { countedRegistry } from './metrics/counted-registry.ts';
import { countedUnits } from './metrics/counted-units.ts';
import { fleetMetrics } from './metrics/metrics.ts';
import type { World } from './server.ts';

export interface Wired extends AsyncDisposable {
  readonly world: Omit<World, 'status'> & { readonly process: () => ProcessFacts };
  readonly notifier: Notifier;
  readonly heap: Heap;
  readonly sockets: {
    /** Serves on every socket that systemd passed on; without any there is no API. @see fleet.md 8.3 */
    serve(handler: Handler, failed: (cause: unknown) => void): Promise<AsyncDisposable>;
  };
}

/** Speaks before anything else is opened, so that what cannot be opened is told of. */
export const openLog = (verbosity: () => number): Log => consoleLog({ verbosity });

/** @throws {SystemdUnreachable} */
export async function wire(config: () => Config, log: Log): Promise<Wired> {
  const clock = systemClock();
  const { unitsDirectory, etcdKeyPrefix, systemdUser } = config();
  const metrics = fleetMetrics();
  const runtimeDirectory = process.env['XDG_RUNTIME_DIR'] || `/run/user/${process.getuid?.()}`;
  const user = systemdUser ? userSystemd(runtimeDirectory) : {};
  const machine = linuxMachine(systemdUser ? userPaths(runtimeDirectory) : undefined);
  const systemd = await openSystemd({ clock, log, directory: unitsDirectory, ...user });
  const etcd = await openEtcd({ clock, ...etcdOptions(config()) });
  const units = countedUnits(systemd, clock, metrics);
  const registry = countedRegistry(registryOn({ etcd, clock, log, prefix: etcdKeyPrefix }), clock, metrics);
  return {
    world: { clock, log, registry, units, machine, config, metrics, process: ownProcess },
    notifier: systemdNotifier(process.env['NOTIFY_SOCKET'], (why) => log.debug('systemd was not told:', { why })),
    heap: ownHeap(),
    sockets: {
      async serve(handler, failed) {
        const descriptors = activatedDescriptors(process.env, process.pid);
        const servings = await Promise.all(
          descriptors.map((fd) => serve({ fd }, handler, failed, { reject: apiRejection })),
        );
        return {
          async [Symbol.asyncDispose]() {
            for (const serving of servings) await serving[Symbol.asyncDispose]();
          },
        };
      },
    },
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      await units[Symbol.asyncDispose]();
    },
  };
}
