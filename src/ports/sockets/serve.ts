/** Serves a `Handler` over HTTP/1.1 on a socket; whatever comes in, it goes on serving. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { seconds } from '../../core/base/time.ts';
import { Conversation } from './conversation.ts';
import type { Handler, Limits, Rejection, Serving } from './index.ts';
import { receive } from './receive.ts';
import { send, sendEarly, sendRaw } from './send.ts';

/**
 * Not imported: a module that imports `node:http` gets every property of it, and one of them makes Node 24 load a whole
 * fetch client, 14 MB of memory. So it is loaded with the first request, and not at all on a machine that nobody asks.
 */
const { createServer } = process.getBuiltinModule('node:http');

/** A descriptor that systemd passed on, a port of this host, or the path of a unix socket. */
export type Place =
  | { readonly fd: number }
  | { readonly port: number; readonly host: string }
  | { readonly path: string };

export interface ServeOptions {
  /** How a server answers what never reaches its handler; in plain text when left out. */
  readonly reject?: (rejection: Rejection) => Response;
  readonly limits?: Limits;
}

export const usualLimits: Limits = {
  headerWithin: seconds(10),
  requestWithin: seconds(60),
  // Longer than Go's clients keep a connection that they do not use: they would find it closed.
  idleFor: seconds(120),
  lookEvery: seconds(5),
  headerBytes: 16 * 1024,
  bodyBytes: 10 * 1024 * 1024,
};

/**
 * Starts to serve; resolves once it listens.
 *
 * @param failed what a handler threw, or a stream that broke for a reason of ours; the client got 500 where possible
 */
export async function serve(
  place: Place,
  handler: Handler,
  failed: (cause: unknown) => void,
  { reject = inPlainText, limits = usualLimits }: ServeOptions = {},
): Promise<Serving> {
  const conversations = new WeakMap<Duplex, Conversation>();
  const conversationOn = (socket: Duplex): Conversation => {
    const known = conversations.get(socket) ?? new Conversation(socket);
    conversations.set(socket, known);
    return known;
  };

  const answer = async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    broken: AbortSignal,
    proceed: () => void,
  ) => {
    const received = await receive(incoming, limits, proceed, broken);
    if (received === undefined) return;
    if (isRejection(received)) return sendEarly(reject(received), incoming, outgoing);
    return send(await handler(received), outgoing);
  };
  const converse = (incoming: IncomingMessage, outgoing: ServerResponse, proceed = () => {}) => {
    const conversation = conversationOn(incoming.socket);
    conversation.turn(() =>
      answer(incoming, outgoing, conversation.broken, proceed).catch((cause) => {
        failed(cause);
        if (outgoing.headersSent) outgoing.destroy();
        else outgoing.writeHead(500, { 'Content-Length': 0 }).end();
      }),
    );
  };
  const give = (rejection: Rejection, socket: Duplex) =>
    conversationOn(socket).break(rejection, () => sendRaw(reject(rejection), socket));

  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headerWithin,
    requestTimeout: limits.requestWithin,
    keepAliveTimeout: limits.idleFor,
    connectionsCheckingInterval: limits.lookEvery,
    requireHostHeader: false,
  });
  // A client may close its half of the connection and wait for the answer, as `printf … | nc` does.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('request', (incoming, outgoing) => converse(incoming, outgoing));
  server.on('checkContinue', (incoming, outgoing) => converse(incoming, outgoing, () => outgoing.writeContinue()));
  server.on('checkExpectation', (incoming, outgoing) => {
    const why = 'no expectation but 100-continue can be met';
    conversationOn(incoming.socket).turn(() =>
      sendEarly(reject({ status: 417, why }), incoming, outgoing).catch(failed),
    );
  });
  server.on('connect', (_incoming, socket) => {
    socket.on('error', () => socket.destroy());
    give({ status: 405, why: '' }, socket);
  });
  server.on('clientError', (cause: NodeJS.ErrnoException, socket) => {
    if (cause.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else give(rejectionFor(cause), socket);
  });
  server.listen(place);
  await once(server, 'listening');
  // One connection that could not be accepted.
  server.on('error', failed);
  const address = server.address();
  return {
    address: typeof address === 'object' && address !== null ? address.port : (address ?? ''),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const isRejection = (received: Request | Rejection): received is Rejection => 'why' in received;

const inPlainText = ({ status, why }: Rejection): Response => new Response(`${why}\n`, { status });

function rejectionFor({ code, message }: NodeJS.ErrnoException): Rejection {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, why: 'request header is too large' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, why: 'chunk extensions are too large' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, why: 'the request did not arrive in time' };
    default:
      return { status: 400, why: `malformed request: ${message.replace(/^Parse Error: /, '')}` };
  }
}
