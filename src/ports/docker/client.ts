/** The one file that imports dockerode; the adapters of both container ports build on the client made here. */
import Docker from 'dockerode';

export type { ContainerCreateOptions, MountSettings } from 'dockerode';
export type { Docker };

/** @param host a DOCKER_HOST value: `unix:///path`, `tcp://host:port` or `ssh://user@host` */
export function dockerClient(host: string): Docker {
  if (host.startsWith('unix://')) return new Docker({ socketPath: host.slice('unix://'.length) });
  const url = new URL(host);
  return new Docker({
    protocol: url.protocol === 'tcp:' ? 'http' : 'ssh',
    host: url.hostname,
    port: Number(url.port || 2375),
    username: url.username,
  });
}
