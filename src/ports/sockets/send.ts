/** A `Response` → what goes out over HTTP, its header names written as people know them. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** How long a client that is refused may go on sending: were the connection closed at once, it could not read why. */
const lingerFor = 1_000;

/** Answers, whatever the client does meanwhile; resolves when all is written or the client is gone. */
export async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  writeHead(response, outgoing);
  if (response.body === null) return finish(outgoing);
  const reader = response.body.getReader();
  // Who waits for an end that may never come must go when the client does, and one that closed its half may be gone.
  const { socket } = outgoing;
  const left = () => void outgoing.destroy();
  if (!response.headers.has('content-length')) socket?.once('end', left);
  const gone = () => void reader.cancel().catch(() => {});
  outgoing.once('close', gone);
  outgoing.flushHeaders();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (outgoing.destroyed) break;
    if (!outgoing.write(part.value)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
  outgoing.off('close', gone);
  socket?.off('end', left);
  return finish(outgoing);
}

/** Answers a request that was not read to its end, and closes the connection. */
export async function sendEarly(response: Response, incoming: IncomingMessage, outgoing: ServerResponse) {
  const body = new Uint8Array(await response.arrayBuffer());
  outgoing.shouldKeepAlive = false;
  response.headers.set('content-length', String(body.length));
  writeHead(response, outgoing);
  outgoing.write(body);
  incoming.resume();
  const { socket } = incoming;
  if (!incoming.complete && !socket.destroyed && !socket.readableEnded) {
    const patience = AbortSignal.timeout(lingerFor);
    await Promise.race([
      once(incoming, 'end', { signal: patience }),
      once(socket, 'end', { signal: patience }),
      once(socket, 'close', { signal: patience }),
    ]).catch(() => {});
  }
  return finish(outgoing);
}

/** Answers on a connection that no request could be read from, and closes it. */
export async function sendRaw(response: Response, socket: Duplex): Promise<void> {
  if (!socket.writable) return;
  const body = new Uint8Array(await response.arrayBuffer());
  response.headers.set('content-length', String(body.length));
  response.headers.set('connection', 'close');
  response.headers.set('date', new Date().toUTCString());
  const lines = headerLines(response).map(([name, value]) => `${name}: ${value}\r\n`);
  const { STATUS_CODES } = process.getBuiltinModule('node:http');
  const head = `HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}\r\n${lines.join('')}\r\n`;
  socket.end(Buffer.concat([Buffer.from(head, 'latin1'), body]));
  const timer = setTimeout(() => socket.destroy(), lingerFor);
  socket.once('close', () => clearTimeout(timer));
}

function writeHead(response: Response, outgoing: ServerResponse): void {
  if (response.body === null && response.status !== 204) response.headers.set('content-length', '0');
  for (const [name, value] of headerLines(response)) outgoing.setHeader(name, value);
  if (!outgoing.shouldKeepAlive) outgoing.setHeader('Connection', 'close');
  // That it stays open goes without saying in HTTP/1.1, and with saying in HTTP/1.0.
  else if (outgoing.req.httpVersion === '1.1') outgoing.removeHeader('Connection');
  outgoing.writeHead(response.status);
}

const headerLines = (response: Response): readonly (readonly [name: string, value: string])[] =>
  [...response.headers].map(([name, value]) => [name.replace(/(^|-)[a-z]/g, (start) => start.toUpperCase()), value]);

async function finish(outgoing: ServerResponse): Promise<void> {
  if (outgoing.destroyed) return;
  const over = Promise.race([once(outgoing, 'finish'), once(outgoing, 'close')]);
  outgoing.end();
  await over;
}
