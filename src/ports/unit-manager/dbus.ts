/**
 * One connection to a systemd over D-Bus; the one file that imports dbus-native.
 *
 * A connection is used until it breaks and never mended: a broken one fails every call that waits on it, and whoever
 * opened it opens the next.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Message, MessageBus } from 'dbus-native';
import { SystemdUnreachable } from '../../core/errors/systemd.ts';
import { Sieve, type SignalHead } from './sieve.ts';

/** Where a systemd listens. */
export interface BusAddress {
  readonly socket: string;
  /** Straight to systemd, root only: no bus between us, hence no greeting, no destination and no match rules. */
  readonly direct: boolean;
}

export const privateSocket: BusAddress = { socket: '/run/systemd/private', direct: true };
export const userSocket = (runtimeDirectory: string): BusAddress => ({
  socket: `${runtimeDirectory}/systemd/private`,
  direct: true,
});
export const systemBus: BusAddress = { socket: '/run/dbus/system_bus_socket', direct: false };

export interface Signal {
  readonly path: string;
  readonly member: string;
  readonly body: readonly unknown[];
}

export interface Call {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

export interface Bus extends AsyncDisposable {
  /** @throws {DBusFailure} systemd refused @throws {SystemdUnreachable} the connection broke */
  call(call: Call): Promise<unknown>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
}

/** What systemd answers instead of doing as asked. */
export class DBusFailure extends Error {
  override readonly name = 'DBusFailure';
  /** Such as `org.freedesktop.systemd1.NoSuchUnit`. */
  readonly error: string;

  constructor(error: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.error = error;
  }
}

const systemd = 'org.freedesktop.systemd1';

/** The system bus refuses a connection that waits for more than 128 replies. */
const inFlightMax = 100;

/** A daemon reload on a machine with a thousand units takes a while; everything else answers in milliseconds. */
const answerTimeoutMs = 90_000;

/** What the bus must let through to us; the private socket sends everything in any case. */
const rules = [
  `type='signal',sender='${systemd}',interface='${systemd}.Manager',member='JobRemoved'`,
  `type='signal',sender='${systemd}',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',path_namespace='/org/freedesktop/systemd1/unit',arg0='${systemd}.Unit'`,
];

interface Listener {
  readonly wanted: (signal: SignalHead) => boolean;
  readonly heard: (signal: Signal) => void;
}

/** @throws {SystemdUnreachable} */
export async function openBus(address: BusAddress, listener: Listener): Promise<Bus> {
  const socket = connect(address.socket);
  try {
    await once(socket, 'connect');
  } catch (cause) {
    throw new SystemdUnreachable({ address: address.socket }, { cause });
  }
  // Loaded here because most programs of the package never talk to systemd.
  const { createClient, messageType } = (await import('dbus-native')).default;
  const stream = new Sieve(socket, listener.wanted);
  const client: MessageBus = createClient({ stream, direct: address.direct, timeout: answerTimeoutMs });
  const closed = new Promise<void>((resolve) => client.connection.on('close', () => resolve()));
  client.connection.on('error', () => stream.destroy());
  client.connection.on('message', (message: Message) => {
    if (message.type !== messageType.signal) return;
    listener.heard({ path: message.path ?? '', member: message.member ?? '', body: message.body ?? [] });
  });

  const limit = new Limit(inFlightMax);
  const bus: Bus = {
    closed,
    call: ({ body, signature, ...call }) =>
      limit.run(async () => {
        try {
          return await client.invoke({
            ...call,
            ...(address.direct ? {} : { destination: systemd }),
            ...(signature === undefined ? {} : { signature, body: [...(body ?? [])] }),
          });
        } catch (cause) {
          throw translated(cause, address);
        }
      }),
    async [Symbol.asyncDispose]() {
      stream.destroy();
      await closed;
    },
  };
  if (!address.direct) for (const rule of rules) await client.addMatch(rule);
  return bus;
}

/** What the library calls a broken connection and a missing answer. */
const noAnswer = new Set(['org.freedesktop.DBus.Error.NoReply', 'org.freedesktop.DBus.Error.Disconnected']);

function translated(cause: unknown, { socket }: BusAddress): Error {
  const name = cause instanceof Error && 'dbusName' in cause ? cause.dbusName : undefined;
  return cause instanceof Error && typeof name === 'string' && !noAnswer.has(name)
    ? new DBusFailure(name, cause.message, { cause })
    : new SystemdUnreachable({ address: socket }, { cause });
}

/** Lets at most so many run at a time, the others in their order. */
class Limit {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
