/** Clients that speak bytes: for what no HTTP library would send. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Handler, Limits } from './index.ts';
import { type ServeOptions, serve, usualLimits } from './serve.ts';

export interface TestServer extends AsyncDisposable {
  /** Of its unix socket. */
  readonly path: string;
  /** What went wrong for a reason of ours. */
  readonly failures: readonly unknown[];
}

export async function serving(
  handler: Handler,
  { limits, ...options }: Omit<ServeOptions, 'limits'> & { readonly limits?: Partial<Limits> } = {},
): Promise<TestServer> {
  const directory = await mkdtemp(join(tmpdir(), 'sockets-'));
  const path = join(directory, 'fleet.sock');
  const failures: unknown[] = [];
  const server = await serve({ path }, handler, (cause) => failures.push(cause), {
    ...options,
    limits: { ...usualLimits, ...limits },
  });
  return {
    path,
    failures,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

/** Opens a connection; `then` may go on writing. @returns all that came back until the server closed it */
export async function talk(
  place: string | number,
  bytes: string | Buffer,
  then: (socket: Socket) => unknown = () => {},
): Promise<string> {
  const socket = typeof place === 'string' ? connect({ path: place }) : connect({ port: place, host: '127.0.0.1' });
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', () => {}); // cut off: what came before it still counts
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  await then(socket);
  await closed;
  return Buffer.concat(parts).toString('latin1');
}

/** The answers in what came back, each with its head as sent and its body; bodies need their length. */
export function answersIn(bytes: string): { readonly head: readonly string[]; readonly body: string }[] {
  const answers = [];
  for (let rest = bytes; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) throw new Error(`no answer: ${JSON.stringify(rest)}`);
    const head = rest.slice(0, end).split('\r\n');
    const length = Number(/^content-length: (\d+)$/im.exec(rest.slice(0, end))?.[1] ?? 0);
    answers.push({ head, body: rest.slice(end + 4, end + 4 + length) });
    rest = rest.slice(end + 4 + length);
  }
  return answers;
}

export const statusesIn = (bytes: string): readonly number[] =>
  answersIn(bytes).map(({ head }) => Number(head[0]?.split(' ')[1]));
