/** What came in over HTTP → the `Request` that a handler answers, or why it is none. */
import type { IncomingMessage } from 'node:http';
import type { Limits, Rejection } from './index.ts';

/**
 * Reads a request with its whole body; the bodies of our APIs are small, so nobody decides before they are there.
 *
 * @param proceed tells the client to send its body, when it waits for that
 * @param broken aborts with a `Rejection` when the rest of the request cannot be read any more
 * @returns undefined when the client went away
 */
export async function receive(
  incoming: IncomingMessage,
  limits: Limits,
  proceed: () => void,
  broken: AbortSignal,
): Promise<Request | Rejection | undefined> {
  const url = urlOf(incoming.url ?? '');
  if (url === undefined) return { status: 400, why: 'the request target must be a path without dot segments' };
  if (!hasItsHost(incoming)) return { status: 400, why: 'expected 1 Host header' };
  if (Number(incoming.headers['content-length'] ?? 0) > limits.bodyBytes) return tooLarge(limits);
  proceed();
  const body = await bodyOf(incoming, limits, broken);
  return Buffer.isBuffer(body) ? requestOf(incoming, url, body) : body;
}

const tooLarge = ({ bodyBytes }: Limits): Rejection => ({
  status: 413,
  why: `request body must not exceed ${bodyBytes} bytes`,
});

/**
 * The path and query of a target, also of one that names the whole URL, escaped so that a URL keeps them as they are: it
 * would take a backslash, which unit names may hold, for a slash.
 *
 * @returns undefined for a target that is no path, or one that a URL would rewrite
 */
function urlOf(target: string): string | undefined {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i.exec(target)?.[0];
  const local = absolute === undefined ? target : target.slice(absolute.length).replace(/^(?!\/)/, '/');
  const [path = ''] = local.split('?', 1);
  if (!path.startsWith('/') || path.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return undefined;
  return `http://fleet${local.replaceAll('\\', '%5C').replaceAll('#', '%23')}`;
}

/** As RFC 9112 section 3.2 demands; only clients of HTTP/1.0 may leave it out. */
function hasItsHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

/** Not with `for await`, which destroys the connection when it is left: the client could not read why. */
function bodyOf(
  incoming: IncomingMessage,
  limits: Limits,
  broken: AbortSignal,
): Promise<Buffer | Rejection | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (outcome: Buffer | Rejection | undefined) => {
      incoming.off('data', take).off('end', end).off('close', gone);
      broken.removeEventListener('abort', give);
      resolve(outcome);
    };
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limits.bodyBytes) settle(tooLarge(limits));
      else chunks.push(chunk);
    };
    const end = () => settle(Buffer.concat(chunks));
    const gone = () => settle(undefined);
    const give = () => settle(broken.reason as Rejection);
    if (incoming.destroyed && !incoming.complete) return gone();
    if (broken.aborted && !incoming.complete) return give();
    broken.addEventListener('abort', give, { once: true });
    incoming.on('data', take).once('end', end).once('close', gone).on('error', gone);
  });
}

function requestOf(incoming: IncomingMessage, url: string, sent: Buffer): Request | Rejection {
  const method = incoming.method ?? 'GET';
  const body = method === 'GET' || method === 'HEAD' || sent.length === 0 ? null : sent;
  try {
    const headers = new Headers();
    for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
      headers.append(incoming.rawHeaders[at] ?? '', incoming.rawHeaders[at + 1] ?? '');
    }
    if (method !== 'TRACE') return new Request(url, { method, headers, body });
    // Browsers must not send it, so `Request` refuses it; servers must answer it.
    return Object.defineProperty(new Request(url, { headers }), 'method', { value: method });
  } catch (cause) {
    return { status: 400, why: cause instanceof Error ? cause.message : String(cause) };
  }
}
