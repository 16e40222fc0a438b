/** A port of this machine that leads elsewhere, for clients that open their connections themselves. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Relay extends AsyncDisposable {
  /** On the loopback address. */
  readonly port: number;
}

/** @param dial opens a stream for each connection; where it cannot, the connection is closed */
export async function relay(dial: () => Promise<Duplex>): Promise<Relay> {
  const streams = new Set<Duplex>();
  const ended = new AbortController();
  const keep = (stream: Duplex, other: () => Duplex | undefined) => {
    streams.add(stream);
    stream.on('error', () => {});
    stream.on('close', () => {
      streams.delete(stream);
      other()?.destroy();
    });
    if (ended.signal.aborted) stream.destroy();
  };
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let there: Duplex | undefined;
    keep(socket, () => there);
    dial().then(
      (stream) => {
        there = stream;
        keep(stream, () => socket);
        if (socket.destroyed) stream.destroy();
        socket.pipe(stream).pipe(socket);
      },
      () => socket.destroy(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      ended.abort();
      for (const stream of streams) stream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
