import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createServer, type TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { authority, client, server as serverCertificate, strangeAuthority } from '../../testing/fixed-certificates.ts';
import { type TlsFiles, tcpDialer, tlsDialer } from './dial.ts';

/** Tells every client what it knows about it. */
const tlsServer = async (options: TlsOptions = {}) => {
  const server = createServer({ ...serverCertificate, ALPNProtocols: ['h2', 'http/1.1'], ...options }, (socket) =>
    socket.end(`${socket.getPeerCertificate().subject?.CN ?? 'nobody'} ${socket.servername} ${socket.alpnProtocol}`),
  );
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.dispose]: () => void server.close() };
};

const nothing: TlsFiles = { cert: undefined, key: undefined, ca: undefined };
const files = (ca?: string, pair?: { readonly cert: string; readonly key: string }): TlsFiles => ({
  ca: ca === undefined ? undefined : Buffer.from(ca),
  cert: pair === undefined ? undefined : Buffer.from(pair.cert),
  key: pair === undefined ? undefined : Buffer.from(pair.key),
});

const answer = async (port: number, host: string, tls: TlsFiles, protocol?: 'h2'): Promise<string> => {
  try {
    return await text(await tlsDialer(tcpDialer('127.0.0.1', port), host, tls, protocol).dial());
  } catch (cause) {
    return (cause as { code?: string }).code ?? String(cause);
  }
};

describe('TLS', () => {
  it.each([
    ['believes the authority that was given, for a name', 'localhost', files(authority), 'nobody localhost false'],
    ['believes it for an address, which it does not send', '127.0.0.1', files(authority), 'nobody false false'],
    ['refuses a server of another authority', 'localhost', files(strangeAuthority), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['refuses a server with another name', 'example.test', files(authority), 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['verifies with a key pair alone, too', 'localhost', files(undefined, client), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['verifies nothing when nothing was given', 'localhost', nothing, 'nobody localhost false'],
  ])('%s', async (_name, host, tls, expected) => {
    using server = await tlsServer();
    expect(await answer(server.port, host, tls)).toBe(expected);
  });

  it('shows the client’s certificate and says what will be spoken', async () => {
    using server = await tlsServer({ requestCert: true, ca: authority });
    expect(await answer(server.port, 'localhost', files(authority, client), 'h2')).toBe('a client localhost h2');
  });
});

it('names a place so that it can be copied', () => {
  expect(tcpDialer('fd00::1', 8080).place).toBe('http://[fd00::1]:8080');
  expect(tlsDialer(tcpDialer('example.test', 443), 'example.test', nothing).place).toBe('https://example.test:443');
});
