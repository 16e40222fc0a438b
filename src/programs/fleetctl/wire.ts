/** The one file of fleetctl that knows every real adapter. */
import { readFile } from 'node:fs/promises';
import { OperatingError } from '../../core/errors/define.ts';
import { SshChannelRefused } from '../../core/errors/ssh.ts';
import { systemClock } from '../../ports/clock/system.ts';
import { type Dialer, tcpDialer, tlsDialer, unixDialer } from '../../ports/fleet-api/dial.ts';
import { httpFleetApi } from '../../ports/fleet-api/http.ts';
import type { FleetApi } from '../../ports/fleet-api/index.ts';
import type { Io } from '../../ports/io/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Ssh, SshAddress, SshConnection } from '../../ports/ssh/index.ts';
import { type Endpoint, parseTunnel, targetOf, unusable } from './endpoint.ts';
import { messageOf } from './failing.ts';
import { expandHome } from './home.ts';
import { fleetctlLog } from './log.ts';
import type { GlobalReading, GlobalSettings } from './settings.ts';
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
  if (target.speaks === 'etcd') {
    throw unusable(
      'the etcd driver is not available yet',
      'Name a fleet API instead: --tunnel to a machine, or --endpoint=unix:///var/run/fleet.sock on one.',
    );
  }
  if (target.ignored > 0) {
    log.warn(`multiple endpoints provided but only the first (${target.written}) is used`);
  }
  const open: SshConnection[] = [];
  const client = once(() => openSsh(values, io, env, log));
  const connect = async (to: SshAddress, via?: SshConnection) => {
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
  return {
    io,
    clock,
    log,
    fleet: openFleet(target.endpoint, values, tunnel),
    files,
    here,
    interrupted,
    ssh: async (to) => connect(to, await tunnel?.()),
    async [Symbol.asyncDispose]() {
      // The ones that go through another first.
      for (const connection of open.toReversed()) await connection[Symbol.asyncDispose]();
    },
  };
}

function openFleet(endpoint: Endpoint, settings: GlobalSettings, tunnel?: () => Promise<SshConnection>): FleetApi {
  if (endpoint.kind === 'unix') {
    const { path } = endpoint;
    return httpFleetApi({ dialer: tunnel === undefined ? unixDialer(path) : socketThrough(tunnel, path) });
  }
  const { host, port, tls, basePath } = endpoint;
  const plain: Dialer =
    tunnel === undefined
      ? tcpDialer(host, port)
      : { place: `http://${host}:${port}`, dial: async () => (await tunnel()).dialTcp(host, port) };
  const dialer = tls ? secured(plain, host, settings) : plain;
  return httpFleetApi({ dialer, basePath, host });
}

/**
 * A unix socket on the other side of a tunnel. An sshd opens it for us; where it does not, or may not, a `fleetctl` there
 * does, which costs the start of a process for every connection.
 */
function socketThrough(tunnel: () => Promise<SshConnection>, path: string): Dialer {
  let direct = true;
  return {
    place: `unix://${path} through the tunnel`,
    async dial() {
      const connection = await tunnel();
      if (direct) {
        try {
          return await connection.dialUnix(path);
        } catch (cause) {
          if (!(cause instanceof SshChannelRefused)) throw cause;
          direct = false;
        }
      }
      return connection.dialCommand(`fleetctl fd-forward ${path}`, { forwardAgent: true });
    },
  };
}

function secured(plain: Dialer, host: string, { keyFile, certFile, caFile }: GlobalSettings): Dialer {
  const read = (path: string) => (path === '' ? undefined : readFile(expandHome(path)));
  return {
    place: plain.place,
    async dial() {
      const [key, cert, ca] = await Promise.all([keyFile, certFile, caFile].map(read)).catch((cause: unknown) => {
        throw unusable(messageOf(cause), 'Check --key-file, --cert-file and --ca-file.');
      });
      return tlsDialer(plain, host, { key, cert, ca }).dial();
    },
  };
}

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
