/** fleetctl's etcd driver. Loaded when it is wanted only: etcd's client takes longer to load than most commands to run. */
import { EtcdUnreachable } from '../../core/errors/etcd.ts';
import type { Clock } from '../../ports/clock/index.ts';
import { openEtcd } from '../../ports/etcd/etcd3.ts';
import type { Etcd } from '../../ports/etcd/index.ts';
import type { TlsFiles } from '../../ports/fleet-api/dial.ts';
import type { FleetApi } from '../../ports/fleet-api/index.ts';
import { registryFleetApi } from '../../ports/fleet-api/registry.ts';
import type { Io } from '../../ports/io/index.ts';
import type { Log } from '../../ports/log/index.ts';
import { registryOn } from '../../ports/registry/etcd.ts';
import { relay } from '../../ports/ssh/relay.ts';
import { urlOf, type WebEndpoint } from './endpoint.ts';
import { expandHome } from './home.ts';
import type { GlobalSettings } from './settings.ts';
import { warnOfNewerDaemons } from './version-banner.ts';
import { type Tunnel, wayTo } from './wire-endpoint.ts';

export interface EtcdDriver {
  readonly endpoints: readonly WebEndpoint[];
  readonly settings: GlobalSettings;
  readonly tls: TlsFiles;
  readonly tunnel: Tunnel | undefined;
  /** Nothing is sent before a command asks for something. */
  readonly offline: boolean;
  readonly clock: Clock;
  readonly io: Io;
  readonly log: Log;
}

/** Disposing it closes everything that it opened. */
export async function etcdDriver(driver: EtcdDriver): Promise<AsyncDisposable & { readonly fleet: FleetApi }> {
  const { settings, tunnel, offline, clock, io, log } = driver;
  const etcd = tunnel === undefined ? await openStraight(driver) : await openThrough(tunnel, driver);
  const registry = registryOn({ etcd, clock, log, prefix: settings.etcdKeyPrefix });
  if (!offline) await warnOfNewerDaemons(registry, io, log);
  return { fleet: registryFleetApi(registry), [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
}

function openStraight({ endpoints, settings, clock }: EtcdDriver): Promise<Etcd> {
  const { requestTimeout: timeout, caFile, certFile, keyFile } = settings;
  return openEtcd({
    clock,
    endpoints: endpoints.map(urlOf),
    timeout,
    ...(caFile === '' ? {} : { authorityFile: expandHome(caFile) }),
    ...(certFile === '' ? {} : { certificateFile: expandHome(certFile), keyFile: expandHome(keyFile) }),
  });
}

/** etcd's client opens its connections itself, so it is given ports of this machine; TLS begins behind those. */
async function openThrough(tunnel: Tunnel, { endpoints, settings, tls, clock }: EtcdDriver): Promise<Etcd> {
  const ways = endpoints.map((endpoint) => wayTo(endpoint, tls, tunnel, 'h2'));
  const relays = await Promise.all(ways.map((way) => relay(() => way.dial())));
  const local = relays.map(({ port }) => `http://127.0.0.1:${port}`);
  const etcd = await openEtcd({ clock, endpoints: local, timeout: settings.requestTimeout });
  return {
    ...etcd,
    async transact(transaction) {
      try {
        return await etcd.transact(transaction);
      } catch (cause) {
        if (!(cause instanceof EtcdUnreachable)) throw cause;
        // The ports on this side mean nothing to anybody.
        const { doing } = cause.facts;
        throw new EtcdUnreachable({ endpoints: ways.map(({ place }) => place), doing }, { cause: cause.cause });
      }
    },
    async [Symbol.asyncDispose]() {
      await etcd[Symbol.asyncDispose]();
      for (const one of relays) await one[Symbol.asyncDispose]();
    },
  };
}
