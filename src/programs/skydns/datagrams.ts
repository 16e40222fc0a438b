/**
 * Listening over UDP.
 *
 * A socket bound to every address (0.0.0.0) replies from whatever address the kernel finds nearest to the asker: who asked
 * 172.17.8.101 from a container hears from 10.1.42.1, and drops it as nobody asked there. Node cannot see which address a
 * datagram came to, nor choose the one it leaves from. So each address of the machine has a socket of its own, which the
 * kernel prefers, and the one for every address stays beside them: it answers where an address has just appeared (docker0
 * comes with the first container), until a look at the interfaces has given that one its own.
 */
import { createSocket, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { seconds } from '../../core/base/time.ts';
import { parseEndpoint, printEndpoint } from '../../core/records/address.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import { noLookup } from './exchange.ts';
import type { Respond } from './responder.ts';

export interface DatagramParts {
  readonly respond: Respond;
  readonly clock: Clock;
  readonly log: Log;
  /** The machine's addresses of a family, now; for tests. */
  readonly addresses?: (family: 4 | 6) => readonly string[];
}

const lookAgainAfter = seconds(2);

/**
 * @param listen `<ip>:<port>`; port 0 takes a free one
 * @returns the port, once every address is listened at; all sockets close when `stop` aborts
 * @throws the system's error when the address is taken or foreign
 */
export async function listenForDatagrams(listen: string, parts: DatagramParts, stop: AbortSignal): Promise<number> {
  const { address, port } = parseEndpoint(listen) ?? { address: undefined, port: 0 };
  if (address === undefined) throw new Error(`not an address to listen at: ${listen}`);
  const isEvery = address.text === '0.0.0.0' || address.text === '::';
  const first = await bound(address.text, port, parts, isEvery);
  stop.addEventListener('abort', () => first.close(), { once: true });
  const chosen = first.address().port;
  if (!isEvery) return chosen;
  const each = new EachAddress(address.family, chosen, parts);
  await each.look();
  void each.keepLooking(stop);
  return chosen;
}

/** Listens on a socket that systemd passed on. @returns `<ip>:<port>` */
export async function listenOnDatagramSocket(
  { fd, kind }: { readonly fd: number; readonly kind: 'udp4' | 'udp6' },
  parts: DatagramParts,
  stop: AbortSignal,
): Promise<string> {
  const socket = createSocket({ type: kind, lookup: noLookup });
  serve(socket, parts);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ fd }, resolve);
  });
  socket.removeAllListeners('error').on('error', (error) => parts.log.debug('datagram not sent', { because: error }));
  stop.addEventListener('abort', () => socket.close(), { once: true });
  const { address, port } = socket.address();
  return printEndpoint(address, port);
}

class EachAddress {
  readonly #sockets = new Map<string, Socket>();
  readonly #family: 4 | 6;
  readonly #port: number;
  readonly #parts: DatagramParts;

  constructor(family: 4 | 6, port: number, parts: DatagramParts) {
    this.#family = family;
    this.#port = port;
    this.#parts = parts;
  }

  async keepLooking(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await this.#parts.clock.sleep(lookAgainAfter, stop);
      if (!stop.aborted) await this.look();
    }
    for (const socket of this.#sockets.values()) socket.close();
  }

  async look(): Promise<void> {
    const present = new Set((this.#parts.addresses ?? ownAddresses)(this.#family));
    for (const [address, socket] of this.#sockets) {
      if (present.has(address)) continue;
      socket.close();
      this.#sockets.delete(address);
    }
    for (const address of present) {
      if (this.#sockets.has(address)) continue;
      try {
        this.#sockets.set(address, await bound(address, this.#port, this.#parts, true));
      } catch (error) {
        // It may have gone again, or not be usable yet; the next look tries again.
        this.#parts.log.debug('address not listened at', { address, because: error });
      }
    }
  }
}

/** The machine's addresses; link-local IPv6 is left out, as it means nothing without its interface. */
export const ownAddresses = (family: 4 | 6): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((one) => one.family === `IPv${family}` && !one.address.startsWith('fe80:'))
    .map(({ address }) => address);

/** @param shared lets the socket for every address and those of each stand on one port */
function bound(address: string, port: number, parts: DatagramParts, shared: boolean): Promise<Socket> {
  const socket = createSocket({
    type: address.includes(':') ? 'udp6' : 'udp4',
    reuseAddr: shared,
    ipv6Only: address.includes(':'),
    lookup: noLookup,
  });
  serve(socket, parts);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => {
      socket.off('error', reject);
      // A reply that cannot be sent is the asker's loss: it will ask again.
      socket.on('error', (error) => parts.log.debug('datagram not sent', { because: error }));
      resolve(socket);
    });
  });
}

function serve(socket: Socket, { respond, log }: DatagramParts): void {
  const send = (reply: Uint8Array | undefined, port: number, address: string) => {
    // Port 0 can be forged and cannot be sent to; a closed socket has nobody left to tell.
    if (reply !== undefined && port !== 0) socket.send(reply, port, address);
  };
  let isOpen = true;
  socket.once('close', () => {
    isOpen = false;
  });
  socket.on('message', (packet, { address, port }) => {
    const reply = respond(packet, 'udp');
    if (!(reply instanceof Promise)) {
      send(reply, port, address);
      return;
    }
    reply.then(
      (bytes) => {
        if (isOpen) send(bytes, port, address);
      },
      (error: unknown) => log.error('a question could not be passed on', { because: error }),
    );
  });
}
