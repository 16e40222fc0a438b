/**
 * Real etcd servers for tests, each in a container with an address of its own, which can be killed, frozen and cut off
 * from one another. The engine must run on this host: the addresses are those of its network.
 */
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { type Docker, dockerClient } from '../ports/docker/client.ts';
import { split } from '../ports/docker/demux.ts';
import { type Certificates, makeCertificates } from './certificates.ts';

export interface EtcdServers extends AsyncDisposable {
  readonly endpoints: readonly string[];
  readonly members: readonly EtcdServer[];
  /** Where this host is reached from where they run. */
  readonly hostAddress: string;
  /** Present when they speak TLS alone, and only with clients that show a certificate. */
  readonly certificates: Certificates | undefined;
  /** Forgets all history up to now. */
  compact(): Promise<void>;
  /** `etcdctl` with these arguments, asking all members. */
  etcdctl(...args: readonly string[]): Promise<string>;
  /** The member that leads; waits while none does. */
  leader(): Promise<EtcdServer>;
  /** Has another member lead. */
  moveLeader(): Promise<void>;
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
  /** From now on nothing passes between it and the other members, nor its clients when `all` are cut off. */
  cutOff(from: 'members' | 'all'): Promise<void>;
  /** Ends `cutOff`. */
  rejoin(): Promise<void>;
  /** Runs a command beside it and returns what it printed. */
  run(...command: readonly string[]): Promise<string>;
  /** What it counts, by name; the values of one name are added up. */
  metrics(): Promise<ReadonlyMap<string, number>>;
}

export interface EtcdSetup {
  readonly secure?: boolean;
  /** Where and from what; the engine and the image of the real tests when left out. */
  readonly place?: { readonly engine: string; readonly image: string };
}

const ports = { client: 2379, peer: 2380, metrics: 2381 };

export async function startEtcd(size: 1 | 3, { secure = false, place }: EtcdSetup = {}): Promise<EtcdServers> {
  const { engine, image } = place ?? (await placeOfRealTests());
  const docker = dockerClient(engine);
  const network = await aNetwork(docker);
  const names = Array.from({ length: size }, (_, n) => ({ name: `m${n}`, address: network.address(n) }));
  const certificates = secure
    ? await makeCertificates(
        docker,
        image,
        names.map(({ address }) => address),
      )
    : undefined;
  const scheme = secure ? 'https' : 'http';
  const members = await Promise.all(
    names.map(async ({ name, address }) => {
      const container = await docker.createContainer({
        ...runs(image, certificates, [
          ...['--name', name, '--data-dir', '/var/lib/etcd-test', '--unsafe-no-fsync', '--log-level', 'error'],
          ...['--heartbeat-interval', '50', '--election-timeout', '500'],
          ...['--listen-client-urls', `${scheme}://0.0.0.0:${ports.client}`],
          ...['--advertise-client-urls', `${scheme}://${address}:${ports.client}`],
          ...['--listen-peer-urls', `http://0.0.0.0:${ports.peer}`],
          ...['--initial-advertise-peer-urls', `http://${address}:${ports.peer}`],
          ...['--listen-metrics-urls', `http://0.0.0.0:${ports.metrics}`],
          ...['--initial-cluster', names.map((one) => `${one.name}=http://${one.address}:${ports.peer}`).join(',')],
        ]),
        name: `${network.name}-${name}`,
        HostConfig: { NetworkMode: network.name, CapAdd: ['NET_ADMIN'] },
        NetworkingConfig: { EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: address } } } },
      });
      const others = names.filter((one) => one.name !== name).map((one) => one.address);
      return new Member(container, address, `${scheme}://${address}:${ports.client}`, others);
    }),
  );
  const dispose = async () => {
    await Promise.all(members.map(({ container }) => container.remove({ force: true, v: true })));
    await network.remove();
  };
  try {
    await Promise.all(members.map((member) => member.start()));
  } catch (error) {
    await dispose();
    throw error;
  }
  const endpoints = members.map(({ endpoint }) => endpoint);
  const etcdctl = async (...args: readonly string[]) => {
    const files = secure ? ['--cacert', '/tls/ca.pem', '--cert', '/tls/client.pem', '--key', '/tls/client.key'] : [];
    const tries = members.map((one) => one.run('etcdctl', '--endpoints', endpoints.join(','), ...files, ...args));
    // One after the other would be politer, but a frozen member would have to time out first.
    return Promise.any(tries);
  };
  const leader = async () => {
    for (;;) {
      for (const member of members) {
        const counts = await member.metrics().catch(() => new Map<string, number>());
        if (counts.get('etcd_server_is_leader') === 1 && counts.get('etcd_server_has_leader') === 1) return member;
      }
      await setTimeout(20);
    }
  };
  return {
    ...{ endpoints, members, certificates, etcdctl, leader, hostAddress: network.hostAddress },
    compact: async () => {
      const { header } = JSON.parse(await etcdctl('get', 'any', '-w', 'json')) as { header: { revision: number } };
      await etcdctl('compaction', '--physical', String(header.revision));
    },
    moveLeader: async () => {
      const before = await leader();
      const others = members.filter((one) => one !== before);
      const status = await before.run('etcdctl', '--endpoints', others[0]?.endpoint ?? '', 'endpoint', 'status');
      // "<endpoint>, <id>, <version>, …"; in JSON the id would be a number too long for us.
      const id = status.split(', ')[1] ?? '';
      // On a loaded machine a transfer runs into etcd's own time limit now and then, and is given up by both.
      const move = () => before.run('etcdctl', '--endpoints', before.endpoint, 'move-leader', id);
      for (let last: unknown, tries = 0; (await leader()) === before; tries++) {
        if (tries === 5) throw last;
        last = await move().catch((error: unknown) => error);
      }
    },
    [Symbol.asyncDispose]: dispose,
  };
}

/** What every real test runs on. */
async function placeOfRealTests(): Promise<{ engine: string; image: string }> {
  const { realEngine, realImage } = await import('./real-engine.ts');
  return { engine: realEngine, image: realImage };
}

/** etcd as the first process; with certificates after a shell has written them where it looks for them. */
function runs(image: string, certificates: Certificates | undefined, args: readonly string[]) {
  if (certificates === undefined) return { Image: image, Entrypoint: ['/usr/bin/etcd'], Cmd: [...args] };
  const { authority, server, client } = certificates;
  const files = {
    CA: 'ca.pem',
    CERT: 'server.pem',
    KEY: 'server.key',
    CLIENT_CERT: 'client.pem',
    CLIENT_KEY: 'client.key',
  };
  const write = Object.entries(files).map(([variable, file]) => `printf %s "$${variable}" > /tls/${file}`);
  const options = '--cert-file /tls/server.pem --key-file /tls/server.key --trusted-ca-file /tls/ca.pem';
  return {
    Image: image,
    Entrypoint: [
      '/bin/bash',
      '-c',
      `mkdir -p /tls; ${write.join('; ')}; exec /usr/bin/etcd ${options} --client-cert-auth "$@"`,
      'etcd',
    ],
    Cmd: [...args],
    Env: [
      ...[`CA=${authority}`, `CERT=${server.certificate}`, `KEY=${server.key}`],
      ...[`CLIENT_CERT=${client.certificate}`, `CLIENT_KEY=${client.key}`],
    ],
  };
}

class Member implements EtcdServer {
  readonly container: Docker.Container;
  readonly endpoint: string;
  readonly #address: string;
  readonly #others: readonly string[];

  constructor(container: Docker.Container, address: string, endpoint: string, others: readonly string[]) {
    this.container = container;
    this.endpoint = endpoint;
    this.#address = address;
    this.#others = others;
  }

  async kill(): Promise<void> {
    await this.container.kill();
  }

  async start(): Promise<void> {
    await this.container.start();
    await healthy(`http://${this.#address}:${ports.metrics}/health`);
  }

  async pause(): Promise<void> {
    await this.container.pause();
  }

  async unpause(): Promise<void> {
    await this.container.unpause();
  }

  async cutOff(from: 'members' | 'all'): Promise<void> {
    const rules = this.#others.flatMap((address) => [`-A INPUT -s ${address}`, `-A OUTPUT -d ${address}`]);
    const all = ['-A INPUT ! -i lo', '-A OUTPUT ! -o lo'];
    await this.#firewall((from === 'all' ? all : rules).map((rule) => `${rule} -j DROP`));
  }

  async rejoin(): Promise<void> {
    await this.#firewall(['-F']);
  }

  async metrics(): Promise<ReadonlyMap<string, number>> {
    const response = await fetch(`http://${this.#address}:${ports.metrics}/metrics`, {
      signal: AbortSignal.timeout(1_000),
    });
    const counts = new Map<string, number>();
    for (const line of (await response.text()).split('\n')) {
      const [, name, value] = /^(\w+)(?:\{.*\})? (\S+)$/.exec(line) ?? [];
      if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + Number(value));
    }
    return counts;
  }

  async run(...command: readonly string[]): Promise<string> {
    const execution = await this.container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
    const { stdout, stderr } = split(await execution.start({ hijack: true, stdin: false }));
    const [printed, said] = await Promise.all([text(stdout), text(stderr)]);
    const { ExitCode } = await execution.inspect();
    if (ExitCode !== 0) throw new Error(`"${command.join(' ')}" in ${this.endpoint} ended with ${ExitCode}: ${said}`);
    return printed;
  }

  async #firewall(rules: readonly string[]): Promise<void> {
    await this.run('sh', '-ec', rules.map((rule) => `iptables -w ${rule}`).join('; '));
  }
}

/** Waits for a process that cannot tell us: asks until it answers. */
async function healthy(url: string): Promise<void> {
  const until = Date.now() + 30_000;
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > until) throw new Error(`no etcd serves at ${url}; does the image hold one?`);
    await setTimeout(50);
  }
}

/** A network of our own, in a range that is free. */
async function aNetwork(docker: Docker) {
  for (let tries = 1; ; tries++) {
    const [second, third] = [128 + Math.floor(Math.random() * 96), Math.floor(Math.random() * 256)];
    const prefix = `10.${second}.${third}`;
    const name = `etcd-test-${second}-${third}`;
    try {
      const network = await docker.createNetwork({
        Name: name,
        IPAM: { Config: [{ Subnet: `${prefix}.0/24`, Gateway: `${prefix}.1` }] },
      });
      return {
        name,
        hostAddress: `${prefix}.1`,
        address: (n: number) => `${prefix}.${10 + n}`,
        remove: () => network.remove() as Promise<void>,
      };
    } catch (error) {
      if (tries === 10) throw error;
    }
  }
}
