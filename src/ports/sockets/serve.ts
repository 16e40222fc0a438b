/** Serves a `Handler` over HTTP/1.1 on a socket. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Handler, Serving } from './index.ts';

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

/**
 * Starts to serve; resolves once it listens.
 *
 * @param failed what a handler threw, or a stream that broke for a reason of ours; the client got 500 where possible
 */
export async function serve(place: Place, handler: Handler, failed: (cause: unknown) => void): Promise<Serving> {
  const server = createServer((incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch((cause) => {
      failed(cause);
      if (!outgoing.headersSent) outgoing.writeHead(500);
      outgoing.end();
    });
  });
  server.listen(place);
  await once(server, 'listening');
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

async function answer(handler: Handler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const response = await handler(await requestOf(incoming));
  for (const [name, value] of response.headers) outgoing.setHeader(name, value);
  outgoing.writeHead(response.status);
  if (response.body === null) {
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  const gone = () => void reader.cancel().catch(() => {});
  outgoing.on('close', gone);
  outgoing.flushHeaders();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (outgoing.destroyed) break;
    if (!outgoing.write(part.value)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
  outgoing.off('close', gone);
  outgoing.end();
}

/** The bodies of this API are small, so they are read whole before anybody decides. */
async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const method = incoming.method ?? 'GET';
  const headers = new Headers();
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
  }
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const body = method === 'GET' || method === 'HEAD' || chunks.length === 0 ? null : Buffer.concat(chunks);
  return new Request(`http://fleet${incoming.url ?? '/'}`, { method, headers, body });
}
