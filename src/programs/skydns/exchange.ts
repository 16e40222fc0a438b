/** One message to one server and its reply back, over UDP or TCP. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Millis } from '../../core/base/time.ts';
import { framed, frames } from '../../core/dns/framing.ts';
import { answersTo, type Query } from '../../core/dns/wire.ts';
import { parseEndpoint } from '../../core/records/address.ts';
import type { Clock } from '../../ports/clock/index.ts';

export type Transport = 'udp' | 'tcp';

export interface Exchange {
  readonly packet: Buffer;
  /** What the reply must belong to. */
  readonly query: Pick<Query, 'id' | 'questionBytes'>;
  readonly transport: Transport;
  /** `<ip>:<port>` */
  readonly server: string;
  readonly timeout: Millis;
}

/** @returns undefined when the server cannot be reached, says nothing in time, or nothing that belongs to the question */
export async function exchange(clock: Clock, { server, transport, ...rest }: Exchange): Promise<Buffer | undefined> {
  const endpoint = parseEndpoint(server);
  if (endpoint === undefined) return undefined;
  const done = new AbortController();
  const { address, port } = endpoint;
  const over = transport === 'udp' ? overUdp : overTcp;
  try {
    return await Promise.race([
      over({ ...rest, address: address.text, family: address.family, port }, done.signal),
      clock.sleep(rest.timeout, done.signal).then(() => undefined),
    ]);
  } finally {
    done.abort();
  }
}

type To = Pick<Exchange, 'packet' | 'query'> & {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
};

/**
 * A socket of its own for every question: its random port is what a forger has to guess besides the id, and a connected
 * socket hears at once when nobody listens there.
 */
function overUdp({ packet, query, address, family, port }: To, done: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', lookup: noLookup });
    done.addEventListener('abort', () => socket.close(), { once: true });
    socket.on('error', () => resolve(undefined));
    socket.on('message', (reply) => {
      if (answersTo(reply, query)) resolve(reply);
    });
    socket.connect(port, address, () => {
      if (!done.aborted) socket.send(packet);
    });
  });
}

function overTcp({ packet, query, address, port }: To, done: AbortSignal): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    done.addEventListener('abort', () => socket.destroy(), { once: true });
    const read = frames((reply) => {
      if (answersTo(reply, query)) resolve(reply);
    });
    socket.on('error', () => resolve(undefined));
    socket.on('close', () => resolve(undefined));
    socket.on('data', read);
    socket.on('connect', () => socket.write(framed(packet)));
  });
}

/** Addresses need no resolver, and Node's default would go through its thread pool for every packet. */
export const noLookup = (
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void => callback(null, address, address.includes(':') ? 6 : 4);
