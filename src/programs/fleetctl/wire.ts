/** The one file of fleetctl that knows every real adapter. */
import { readFile } from 'node:fs/promises';
import { OperatingError } from '../../core/errors/define.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { type Dialer, unixDialer } from '../../ports/fleet-api/dial.ts';
import { httpFleetApi } from '../../ports/fleet-api/http.ts';
import type { FleetApi } from '../../ports/fleet-api/index.ts';
import type { Io } from '../../ports/io/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Ssh, SshAddress, SshConnection } from '../../ports/ssh/index.ts';
import { hostOf, parseTunnel, targetOf, unusable } from './endpoint.ts';
import { expandHome } from './home.ts';
import { fleetctlLog } from './log.ts';
import type { GlobalReading, GlobalSettings } from './settings.ts';
import { readTlsFiles } from './tls-files.ts';
import { wayTo } from './wire-endpoint.ts';
import type { Files, ThisMachine, World } from './world.ts';

export interface Wiring {
  readonly globals: GlobalReading;
  readonly offline: boolean;
  readonly io: Io;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** @throws {ClientUnusable} */
export async function wire({ globals, offline, io, env }: Wiring): Promise<World> {
  const { values } = globals;
  const clock = systemClock();
  const log = fleetctlLog(io, clock, values.debug);
  const target = targetOf(globals);
  if (target.speaks === 'API' && target.ignored > 0) {
    log.warn(`multiple endpoints provided but only the first (${target.written}) is used`);
  }
  const tls = await readTlsFiles(values);
  const open: SshConnection[] = [];
  const client = once(() => openSsh(values, io, env, log));
  const connect = async (to: SshAddress, via?: SshConnection) => {
    log.debug(`connecting over SSH to ${to.host}:${to.port}${via === undefined ? '' : ' through the tunnel'}`);
    const connection = await (await client()).connect(to, via);
    open.push(connection);
    return connection;
  };
  const tunnel = values.tunnel === '' ? undefined : once(() => connect(parseTunnel(values.tunnel)));
  if (tunnel !== undefined && !offline) {
    await tunnel().catch((cause: unknown) => {
      if (!(cause instanceof OperatingError)) throw cause;
      throw unusable(`failed initializing SSH client: ${cause.message}`, cause.remedy ?? 'See --tunnel.');
    });
  }
  let fleet: FleetApi;
  let driver: AsyncDisposable | undefined;
  if (target.speaks === 'API') {
    const { endpoint } = target;
    const place = endpoint.kind === 'unix' ? {} : { basePath: endpoint.basePath, host: hostOf(endpoint) };
    fleet = httpFleetApi({ dialer: told(wayTo(endpoint, tls, tunnel), log), ...place });
  } else {
    const { etcdDriver } = await import('./wire-etcd.ts');
    const { endpoints } = target;
    const etcd = await etcdDriver({ endpoints, settings: values, tls, tunnel, offline, clock, io, log });
    ({ fleet } = etcd);
    driver = etcd;
  }
  return {
    io,
    clock,
    log,
    fleet,
    files,
    here,
    interrupted,
    ssh: async (to) => connect(to, await tunnel?.()),
    async [Symbol.asyncDispose]() {
      await driver?.[Symbol.asyncDispose]();
      // The ones that go through another first.
      for (const connection of open.toReversed()) await connection[Symbol.asyncDispose]();
    },
  };
}

/** With `--debug`, each connection is told of. */
const told = (dialer: Dialer, log: Log): Dialer => ({
  ...dialer,
  dial() {
    log.debug(`connecting to ${dialer.place}`);
    return dialer.dial();
  },
});

/** Loaded when it is needed: the package takes longer to load than most commands take to run. */
async function openSsh(settings: GlobalSettings, io: Io, env: Wiring['env'], log: Log): Promise<Ssh> {
  const [{ ssh2 }, { anyHostKey, knownHostsFile }] = await Promise.all([
    import('../../ports/ssh/ssh2.ts'),
    import('../../ports/ssh/host-keys.ts'),
  ]);
  const { sshUsername, sshTimeout, identityFile, knownHostsFile: path, strictHostKeyChecking } = settings;
  const warn = (message: string) => log.warn(message);
  return ssh2({
    user: sshUsername,
    timeout: sshTimeout,
    hostKeys: strictHostKeyChecking ? knownHostsFile({ path: expandHome(path), asking: io, warn }) : anyHostKey,
    agent: env['SSH_AUTH_SOCK'] || undefined,
    identityFile: identityFile === '' ? undefined : expandHome(identityFile),
  });
}

const files: Files = {
  async read(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOENT' || cause.code === 'ENOTDIR')) {
        return undefined;
      }
      throw cause;
    }
  },
};

const here: ThisMachine = {
  id: async () => (await files.read('/etc/machine-id').catch(() => undefined))?.trim() || undefined,
  async run([program = '', ...args]) {
    const { runAttached } = await import('./run-attached.ts');
    return runAttached(program, args);
  },
  dialUnix: (path) => unixDialer(path).dial(),
};

function interrupted(): AbortSignal {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  return stop.signal;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
