/** Listening over TCP: many questions on a connection, answered as they become ready. @see RFC 7766 */
import { createServer, type Socket } from 'node:net';
import { seconds } from '../../core/base/time.ts';
import { framed, frames } from '../../core/dns/framing.ts';
import { parseEndpoint, printEndpoint } from '../../core/records/address.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Respond } from './responder.ts';

export interface StreamParts {
  readonly respond: Respond;
  readonly log: Log;
}

/** Connections at once; and what one of them may leave unread before it is cut off. */
const mostConnections = 256;
const mostUnread = 1_048_576;
/** A connection that says nothing for so long is closed. */
const longestSilence = seconds(10);

/**
 * @param listen `<ip>:<port>`, where port 0 takes a free one, or a socket that systemd passed on
 * @returns `<ip>:<port>`, with the port that was taken; everything closes when `stop` aborts
 * @throws the system's error when the address is taken or foreign
 */
export function listenForStreams(
  listen: string | { readonly fd: number },
  parts: StreamParts,
  stop: AbortSignal,
): Promise<string> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    serve(socket, parts);
  });
  server.maxConnections = mostConnections;
  stop.addEventListener(
    'abort',
    () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
    { once: true },
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(placeOf(listen), () => {
      server.off('error', reject);
      server.on('error', (error) => parts.log.warn('connection not taken', { because: error }));
      const chosen = server.address();
      resolve(typeof chosen === 'object' && chosen !== null ? printEndpoint(chosen.address, chosen.port) : '');
    });
  });
}

function placeOf(listen: string | { readonly fd: number }) {
  if (typeof listen !== 'string') return listen;
  const { address, port } = parseEndpoint(listen) ?? { address: undefined, port: 0 };
  if (address === undefined) throw new Error(`not an address to listen at: ${listen}`);
  return { host: address.text, port, ipv6Only: address.family === 6 };
}

function serve(socket: Socket, { respond, log }: StreamParts): void {
  const send = (reply: Uint8Array | undefined) => {
    if (socket.destroyed) return;
    // Neither a question nor its answer can be made sense of after a packet that deserves none.
    if (reply === undefined || socket.writableLength > mostUnread) socket.destroy();
    else socket.write(framed(reply));
  };
  const read = frames((packet) => {
    const reply = respond(packet, 'tcp');
    if (!(reply instanceof Promise)) send(reply);
    else reply.then(send, (error: unknown) => log.error('a question could not be passed on', { because: error }));
  });
  socket.setTimeout(longestSilence, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', read);
}
