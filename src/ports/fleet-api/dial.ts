/** Ways to a fleet API: whatever gives a stream of bytes. */
import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Dialer {
  /** Opens one connection. */
  dial(): Promise<Duplex>;
  /** Where it leads, for messages. */
  readonly place: string;
}

/** @param path a unix socket of this machine */
export const unixDialer = (path: string): Dialer => ({
  place: `unix://${path}`,
  dial: () => opened(connect({ path })),
});

export const tcpDialer = (host: string, port: number): Dialer => ({
  place: `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
  dial: () => opened(connect({ host, port })),
});

/** What PEM files hold. */
export interface TlsFiles {
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly ca: Buffer | undefined;
}

/**
 * TLS over another way. The server's certificate is verified whenever a CA is given, and against the system's roots when
 * a key pair is; with neither, the connection is encrypted and unverified, as fleet's is.
 *
 * @param host whose certificate the server must show
 * @param protocol what will be spoken, where a server wants to know
 * @see fleet.md 7.1
 */
export const tlsDialer = (under: Dialer, host: string, { cert, key, ca }: TlsFiles, protocol?: 'h2'): Dialer => ({
  place: under.place.replace(/^http:/, 'https:'),
  async dial() {
    const tls = await import('node:tls');
    const stream = tls.connect({
      socket: await under.dial(),
      host,
      // Servers are told names; an address is none.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(protocol === undefined ? {} : { ALPNProtocols: [protocol] }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(ca === undefined ? {} : { ca }),
      rejectUnauthorized: ca !== undefined || (cert !== undefined && key !== undefined),
    });
    await once(stream, 'secureConnect');
    return stream;
  },
});

async function opened<Stream extends Duplex>(stream: Stream): Promise<Stream> {
  await once(stream, 'connect');
  return stream;
}
