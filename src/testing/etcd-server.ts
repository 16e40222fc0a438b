/** Real etcd servers for tests, each in a container of the engine at DOCKER_HOST, which can be killed and frozen. */
import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { dockerClient } from '../ports/docker/client.ts';
import { realEngine, realImage } from './real-engine.ts';

export interface EtcdServers extends AsyncDisposable {
  readonly endpoints: readonly string[];
  readonly members: readonly EtcdServer[];
  /** Forgets all history up to now. */
  compact(): Promise<void>;
  /** One call of the JSON gateway at some member, such as `auth/user/add`. */
  gateway(path: string, body: unknown): Promise<Record<string, unknown>>;
}

export interface EtcdServer {
  readonly endpoint: string;
  /** Without warning, as a power cut does it; the data stays. */
  kill(): Promise<void>;
  /** Starts it again and waits until it serves. */
  start(): Promise<void>;
  /** Freezes the process; its connections stay open. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
}

export async function startEtcd(size: 1 | 3): Promise<EtcdServers> {
  const docker = dockerClient(realEngine);
  const ports = await freePorts(2 * size);
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const members = Array.from({ length: size }, (_, n) => ({
    name: `m${n}`,
    client: url(ports[2 * n] as number),
    peer: url(ports[2 * n + 1] as number),
  }));
  const containers = await Promise.all(
    members.map(({ name, client, peer }) =>
      docker.createContainer({
        name: `registry-test-etcd-${ports[0]}-${name}`,
        Image: realImage,
        Entrypoint: ['/usr/bin/etcd'],
        Cmd: [
          ...['--name', name, '--data-dir', '/var/lib/etcd-test', '--unsafe-no-fsync', '--log-level', 'error'],
          ...['--heartbeat-interval', '50', '--election-timeout', '500'],
          ...['--listen-client-urls', client, '--advertise-client-urls', client],
          ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
          ...['--initial-cluster', members.map((one) => `${one.name}=${one.peer}`).join(',')],
        ],
        HostConfig: { NetworkMode: 'host' },
      }),
    ),
  );
  const servers = members.map(({ client }, n): EtcdServer => {
    const container = containers[n] as (typeof containers)[number];
    return {
      endpoint: client,
      kill: async () => void (await container.kill()),
      start: async () => {
        await container.start();
        await healthy(client);
      },
      pause: async () => void (await container.pause()),
      unpause: async () => void (await container.unpause()),
    };
  });
  const dispose = async () => {
    await Promise.all(containers.map((container) => container.remove({ force: true, v: true })));
  };
  const gateway = (path: string, body: unknown) =>
    firstToAnswer(
      members.map(({ client }) => `${client}/v3/${path}`),
      body,
    );
  try {
    await Promise.all(servers.map((server) => server.start()));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    endpoints: members.map(({ client }) => client),
    members: servers,
    gateway,
    compact: async () => {
      const { header } = (await gateway('kv/range', { key: btoa('any') })) as { header: { revision: string } };
      await gateway('kv/compaction', { revision: header.revision, physical: true });
    },
    [Symbol.asyncDispose]: dispose,
  };
}

async function firstToAnswer(urls: readonly string[], body: unknown): Promise<Record<string, unknown>> {
  const request = { method: 'POST', body: JSON.stringify(body) };
  const answers = urls.map(async (url) => {
    const response = await fetch(url, { ...request, signal: AbortSignal.timeout(5_000) });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${url}: ${JSON.stringify(answer)}`);
    return answer;
  });
  // One after the other would be politer, but a frozen member would have to time out first.
  return Promise.any(answers);
}

/** Waits for a process that cannot tell us: asks until it answers. */
async function healthy(endpoint: string): Promise<void> {
  const until = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(`${endpoint}/health`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > until) throw new Error(`no etcd serves at ${endpoint}; does the image ${realImage} hold one?`);
    await setTimeout(50);
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
}
