/** Metrics, health and readiness over HTTP, for whoever watches the server. */
import { once } from 'node:events';
import type { Family } from '../../core/metrics/metrics.ts';
import { metricsType, printMetrics } from '../../core/metrics/print.ts';

/**
 * Not imported, as in ports/sockets/serve.ts: that would load a whole fetch client, 14 MB of memory. For the same reason
 * requests are answered as they are, without `Request` and `Response`.
 */
const { createServer } = process.getBuiltinModule('node:http');

export interface StatusParts {
  readonly port: number;
  /** Of the metrics. */
  readonly path: string;
  readonly families: readonly Family[];
  /** What is missing to answer with confidence; empty when nothing is. */
  readonly unready: () => readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const plain = 'text/plain; charset=utf-8';

/** @param url as it stands in the request: a path, perhaps with a query */
export function statusAnswer(
  { path, families, unready }: Omit<StatusParts, 'port'>,
  method: string,
  url: string,
): Answer {
  const [asked = ''] = url.split('?');
  const known = [path, '/health', '/ready'].includes(asked);
  if (!known) return { status: 404, type: plain, body: `there are ${path}, /health and /ready\n` };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plain, body: 'only GET\n' };
  if (asked === path) return { status: 200, type: metricsType, body: printMetrics(families) };
  const missing = asked === '/ready' ? unready() : [];
  return missing.length === 0
    ? { status: 200, type: plain, body: 'OK' }
    : { status: 503, type: plain, body: `${missing.join(',')}\n` };
}

/**
 * @returns the port, once it listens on every address; everything closes when `stop` aborts
 * @throws the system's error when the port is taken
 */
export async function serveStatus({ port, ...parts }: StatusParts, stop: AbortSignal): Promise<number> {
  const server = createServer((request, response) => {
    const method = request.method ?? 'GET';
    const { status, type, body } = statusAnswer(parts, method, request.url ?? '/');
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
  });
  server.listen(port);
  await once(server, 'listening');
  stop.addEventListener(
    'abort',
    () => {
      server.close();
      server.closeAllConnections();
    },
    { once: true },
  );
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
