/** The server: reads the store, then answers over UDP and TCP until told to stop. */
import { seconds } from '../../core/base/time.ts';
import type { DnsConfig } from '../../core/dns/config.ts';
import { DnsPortTaken, StatusPortTaken } from '../../core/errors/dns.ts';
import { processMetrics } from '../../core/metrics/process.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import { ownProcess } from '../../ports/process/self.ts';
import type { RecordStore } from '../../ports/record-store/index.ts';
import type { ActivatedSocket } from './activated.ts';
import { type DatagramParts, listenForDatagrams, listenOnDatagramSocket } from './datagrams.ts';
import { Known } from './known.ts';
import { DnsMetrics } from './metrics.ts';
import { responder } from './responder.ts';
import { serveStatus } from './status.ts';
import { listenForStreams } from './streams.ts';
import { openUpstream } from './upstream.ts';

export interface DnsServerWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: RecordStore;
  /** As the options have it; the store's own is laid over it. */
  readonly config: DnsConfig;
  readonly prefix: string;
  readonly stubZones: boolean;
  readonly verbose: boolean;
  readonly version: string;
  readonly choose: (bound: number) => number;
  /** What systemd passed on; asked only when the configuration says to use it. */
  readonly activated: () => readonly ActivatedSocket[];
  /** Where metrics are served; undefined for nowhere. */
  readonly status?: StatusPlace;
}

export interface StatusPlace {
  /** 0 takes a free one. */
  readonly port: number;
  readonly path: string;
  /** What the names of all metrics begin with. */
  readonly namespace: string;
  readonly subsystem: string;
}

export interface DnsServer {
  /** Where it listens, `<ip>:<port>`; the port that was taken when 0 was asked for. */
  readonly address: string;
  readonly statusPort: number | undefined;
  /** Resolves when it was stopped; rejects when it cannot go on. */
  readonly ended: Promise<void>;
}

/** How long the store may take to say something before we answer without it. */
const patience = seconds(2);

/**
 * @returns when both transports listen
 * @throws {DnsConfigUndecodable} the configuration in the store is broken
 * @throws {DnsPortTaken} the address is not ours to listen on
 * @throws {StatusPortTaken}
 * @throws {SocketsMissing}
 */
export async function startDnsServer(world: DnsServerWorld, stop: AbortSignal): Promise<DnsServer> {
  const { clock, log, store, prefix, stubZones } = world;
  const known = new Known({ store, clock, log, prefix, base: world.config, stubZones });
  const heard = new AbortController();
  const ended = known.follow(stop, () => heard.abort());
  // An early end is a broken configuration; it surfaces here, before anything listens.
  await Promise.race([clock.sleep(patience, heard.signal), ended]);
  if (known.tree === undefined) log.warn('falling back to default configuration, could not read from etcd');
  if (known.config.dnssec !== '') log.warn('answers are not signed', { dnssec: known.config.dnssec });

  const { namespace = 'skydns', subsystem = 'skydns' } = world.status ?? {};
  const metrics = new DnsMetrics(
    (last) => `${namespace}_${subsystem}_${last}`,
    known,
    () => clock.now(),
  );
  const respond = responder({ ...world, known, metrics, upstream: openUpstream(clock) });
  const parts = { respond, clock, log };
  const addresses = await (known.config.systemd
    ? listenOnActivated(world.activated(), parts, stop)
    : listen(known.config.listen, parts, stop));
  const { domain, cacheSize } = known.config;
  for (const address of addresses) log.info(`ready for queries on ${domain}. for ${address} [rcache ${cacheSize}]`);
  const statusPort = world.status === undefined ? undefined : await serveMetrics(world.status, metrics, known, stop);
  return { address: (addresses[0] ?? '').replace(/^\w+:\/\//, ''), statusPort, ended };
}

/** TCP first: two servers may share a UDP port without noticing, a TCP port never. */
async function listen(wanted: string, parts: DatagramParts, stop: AbortSignal): Promise<string[]> {
  try {
    const address = await listenForStreams(wanted, parts, stop);
    await listenForDatagrams(address, parts, stop);
    return [`tcp://${address}`, `udp://${address}`];
  } catch (cause) {
    throw new DnsPortTaken({ address: wanted }, { cause });
  }
}

const listenOnActivated = (sockets: readonly ActivatedSocket[], parts: DatagramParts, stop: AbortSignal) =>
  Promise.all(
    sockets.map(async ({ fd, kind }) =>
      kind === 'tcp'
        ? `tcp://${await listenForStreams({ fd }, parts, stop)}`
        : `udp://${await listenOnDatagramSocket({ fd, kind }, parts, stop)}`,
    ),
  );

async function serveMetrics({ port, path }: StatusPlace, metrics: DnsMetrics, known: Known, stop: AbortSignal) {
  const families = [...metrics.families, ...processMetrics(ownProcess)];
  try {
    return await serveStatus({ port, path, families, unready: () => known.unready() }, stop);
  } catch (cause) {
    throw new StatusPortTaken({ port }, { cause });
  }
}
