/** The one file that imports dockerode; the adapters of both container ports build on the client made here. */
import Docker from 'dockerode';

export type { ContainerCreateOptions, MountSettings } from 'dockerode';
export type { Docker };

/** In PEM: whom to believe, and who we are. */
export interface Tls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** @param host a DOCKER_HOST value: `unix:///path`, `tcp://host:port` (with or without TLS) or `ssh://user@host` */
export function dockerClient(host: string, tls?: Tls): Docker {
  if (host.startsWith('unix://')) return new Docker({ socketPath: host.slice('unix://'.length) });
  const url = new URL(host);
  const isTcp = url.protocol === 'tcp:';
  return new Docker({
    protocol: isTcp ? (tls === undefined ? 'http' : 'https') : 'ssh',
    host: url.hostname,
    port: Number(url.port || (tls === undefined ? 2375 : 2376)),
    username: url.username,
    ...(isTcp ? tls : {}),
  });
}
