/** The one file of fleetd that knows every real adapter. */
import type { ProcessFacts } from '../../core/metrics/process.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { type EtcdOptions, openEtcd } from '../../ports/etcd/etcd3.ts';
import { linuxMachine } from '../../ports/local-machine/linux.ts';
import { consoleLog } from '../../ports/log/console.ts';
import { ownProcess } from '../../ports/process/self.ts';
import { registryOn } from '../../ports/registry/etcd.ts';
import { activatedDescriptors } from '../../ports/sockets/activation.ts';
import type { Handler } from '../../ports/sockets/index.ts';
import { serve } from '../../ports/sockets/serve.ts';
import { openSystemd } from '../../ports/unit-manager/systemd.ts';
import { apiRejection } from './api/handler.ts';
import type { Config } from './config.ts';
import { countedRegistry } from './metrics/counted-registry.ts';
import { countedUnits } from './metrics/counted-units.ts';
import { fleetMetrics } from './metrics/metrics.ts';
import type { World } from './server.ts';

export interface Wired extends AsyncDisposable {
  readonly world: World & { readonly process: () => ProcessFacts };
  readonly sockets: {
    /** Serves on every socket that systemd passed on; without any there is no API. @see fleet.md 8.3 */
    serve(handler: Handler, failed: (cause: unknown) => void): Promise<AsyncDisposable>;
  };
}

/** @throws {SystemdUnreachable} */
export async function wire(config: () => Config): Promise<Wired> {
  const clock = systemClock();
  const log = consoleLog({ verbosity: () => config().verbosity });
  const { unitsDirectory, etcdKeyPrefix } = config();
  const metrics = fleetMetrics();
  const systemd = await openSystemd({ clock, directory: unitsDirectory });
  const etcd = await openEtcd({ clock, ...etcdOptions(config()) });
  const units = countedUnits(systemd, clock, metrics);
  const registry = countedRegistry(registryOn({ etcd, clock, log, prefix: etcdKeyPrefix }), clock, metrics);
  return {
    world: { clock, log, registry, units, machine: linuxMachine(), config, metrics, process: ownProcess },
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

function etcdOptions(config: Config): Omit<EtcdOptions, 'clock'> {
  const { etcdUsername, etcdPassword, etcdCafile, etcdCertfile, etcdKeyfile } = config;
  return {
    endpoints: config.etcdServers,
    timeout: config.etcdRequestTimeout,
    ...(etcdUsername === '' ? {} : { username: etcdUsername, password: etcdPassword }),
    ...(etcdCafile === '' ? {} : { authorityFile: etcdCafile }),
    ...(etcdCertfile === '' ? {} : { certificateFile: etcdCertfile }),
    ...(etcdKeyfile === '' ? {} : { keyFile: etcdKeyfile }),
  };
}
