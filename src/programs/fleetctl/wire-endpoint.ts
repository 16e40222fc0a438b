/** Ways to an endpoint: straight or through a tunnel, plain or with TLS. */
import { SshChannelRefused } from '../../core/errors/ssh.ts';
import { type Dialer, type TlsFiles, tcpDialer, tlsDialer, unixDialer } from '../../ports/fleet-api/dial.ts';
import type { SshConnection } from '../../ports/ssh/index.ts';
import type { Endpoint, WebEndpoint } from './endpoint.ts';

/** Connects when it is first asked for. */
export type Tunnel = () => Promise<SshConnection>;

/** @param protocol what will be spoken over TLS, where a server wants to know */
export function wayTo(endpoint: Endpoint, tls: TlsFiles, tunnel?: Tunnel, protocol?: 'h2'): Dialer {
  if (endpoint.kind === 'unix') {
    const { path } = endpoint;
    return tunnel === undefined ? unixDialer(path) : socketThrough(tunnel, path);
  }
  const plain = tunnel === undefined ? tcpDialer(endpoint.host, endpoint.port) : portThrough(tunnel, endpoint);
  return endpoint.tls ? tlsDialer(plain, endpoint.host, tls, protocol) : plain;
}

/** A port that must be in reach of the machine at the other side. */
const portThrough = (tunnel: Tunnel, { host, port }: WebEndpoint): Dialer => ({
  place: `${tcpDialer(host, port).place} through the tunnel`,
  dial: async () => (await tunnel()).dialTcp(host, port),
});

/**
 * A unix socket on the other side of a tunnel. An sshd opens it for us; where it does not, or may not, a `fleetctl` there
 * does, which costs the start of a process for every connection.
 */
function socketThrough(tunnel: Tunnel, path: string): Dialer {
  let direct = true;
  return {
    place: `unix://${path} through the tunnel`,
    async dial() {
      const connection = await tunnel();
      if (direct) {
        try {
          return await connection.dialUnix(path);
        } catch (cause) {
          if (!(cause instanceof SshChannelRefused)) throw cause;
          direct = false;
        }
      }
      return connection.dialCommand(`fleetctl fd-forward ${path}`, { forwardAgent: true });
    },
  };
}
