/** The server: reads the store, then answers over UDP and TCP until told to stop. */
import { seconds } from '../../core/base/time.ts';
import type { DnsConfig } from '../../core/dns/config.ts';
import { DnsPortTaken } from '../../core/errors/dns.ts';
import { parseEndpoint, printEndpoint } from '../../core/records/address.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { RecordStore } from '../../ports/record-store/index.ts';
import { listenForDatagrams } from './datagrams.ts';
import { Known } from './known.ts';
import { responder } from './responder.ts';
import { listenForStreams } from './streams.ts';
import { openUpstream } from './upstream.ts';

export interface DnsServerWorld {
  readonly clock: Clock;
  readonly log: Log;
  readonly store: RecordStore;
  /** As the options have it; the store's own is laid over it. */
  readonly config: DnsConfig;
  readonly prefix: string;
  readonly verbose: boolean;
  readonly version: string;
  readonly choose: (bound: number) => number;
}

export interface DnsServer {
  /** Where it listens; the port that was taken when 0 was asked for. */
  readonly address: string;
  /** Resolves when it was stopped; rejects when it cannot go on. */
  readonly ended: Promise<void>;
}

/** How long the store may take to say something before we answer without it. */
const patience = seconds(2);

/**
 * @returns when both transports listen
 * @throws {DnsConfigUndecodable} the configuration in the store is broken
 * @throws {DnsPortTaken} the address is not ours to listen on
 */
export async function startDnsServer(world: DnsServerWorld, stop: AbortSignal): Promise<DnsServer> {
  const { clock, log, store, prefix } = world;
  const known = new Known({ store, log, prefix, base: world.config });
  const heard = new AbortController();
  const ended = known.follow(stop, () => heard.abort());
  // An early end is a broken configuration; it surfaces here, before anything listens.
  await Promise.race([clock.sleep(patience, heard.signal), ended]);
  if (known.tree === undefined) log.warn('falling back to default configuration, could not read from etcd');

  const respond = responder({ ...world, known, upstream: openUpstream(clock) });
  const address = await listen(known.config.listen, { respond, clock, log }, stop);
  for (const transport of ['tcp', 'udp'])
    log.info(`ready for queries on ${known.config.domain}. for ${transport}://${address}`);
  return { address, ended };
}

/** TCP first: two servers may share a UDP port without noticing, a TCP port never. */
async function listen(wanted: string, parts: Parameters<typeof listenForDatagrams>[1], stop: AbortSignal) {
  try {
    const port = await listenForStreams(wanted, parts, stop);
    const address = printEndpoint(parseEndpoint(wanted)?.address.text ?? '', port);
    await listenForDatagrams(address, parts, stop);
    return address;
  } catch (cause) {
    throw new DnsPortTaken({ address: wanted }, { cause });
  }
}
