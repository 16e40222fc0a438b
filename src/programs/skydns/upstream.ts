/** Other servers: questions passed on, and questions of our own. @see skydns.md 7 */
import { randomInt } from 'node:crypto';
import type { DnsConfig } from '../../core/dns/config.ts';
import type { UpstreamQuestion } from '../../core/dns/inquiry.ts';
import type { DnsRecord } from '../../core/dns/message.ts';
import { isTruncated, parseQuery, parseUpstreamReply, printQuery, type Query, rcodeOf } from '../../core/dns/wire.ts';
import type { Clock } from '../../ports/clock/index.ts';
import { exchange, type Transport } from './exchange.ts';

export interface Upstream {
  /**
   * Passes a client's message on as it is, over the transport that the client used.
   *
   * @returns the reply as it came, or undefined when every server failed
   */
  forward(packet: Buffer, query: Query, transport: Transport, config: DnsConfig): Promise<Buffer | undefined>;
  /** Asks for addresses on our own account; a reply that UDP cuts is fetched over TCP. */
  ask(question: UpstreamQuestion, config: DnsConfig): Promise<readonly DnsRecord[] | 'failed'>;
}

/** Sockets in use at once; beyond that, failing fast is kinder than a queue whose clients have given up. */
const mostUnderWay = 512;
/** A mark that was added to a message of this size leaves none that could be sent. */
const largestMessage = 65_535;
/** What every path carries without fragments. @see https://www.dnsflagday.net/2020/ */
const ownPayloadSize = 1_232;

export function openUpstream(clock: Clock): Upstream {
  let underWay = 0;

  async function overServers(
    packet: Buffer,
    query: Pick<Query, 'id' | 'questionBytes'>,
    transport: Transport,
    config: DnsConfig,
  ): Promise<Buffer | undefined> {
    if (underWay >= mostUnderWay || packet.length > largestMessage) return undefined;
    underWay++;
    try {
      for (const server of attempts(config, query.id)) {
        const to = { packet, query, transport, server, timeout: config.readTimeout };
        const reply = await exchange(clock, to);
        if (reply === undefined) continue;
        // A server that fails may have been unlucky once; it is asked again, once, and then believed.
        return rcodeOf(reply) === 'SERVFAIL' ? ((await exchange(clock, to)) ?? reply) : reply;
      }
      return undefined;
    } finally {
      underWay--;
    }
  }

  return {
    forward: overServers,

    async ask({ name, type }, config) {
      const packet = printQuery(randomInt(65_536), name, type, ownPayloadSize);
      const parsed = parseQuery(packet);
      if (parsed.kind !== 'query') return 'failed';
      let reply = await overServers(packet, parsed.query, 'udp', config);
      if (reply !== undefined && isTruncated(reply)) reply = await overServers(packet, parsed.query, 'tcp', config);
      const read = reply === undefined ? undefined : parseUpstreamReply(reply, parsed.query);
      return read?.rcode === 'NOERROR' ? read.answers : 'failed';
    },
  };
}

/** One try more than there are servers, going round from the first. */
function attempts({ nameservers, rotateNameservers }: DnsConfig, id: number): readonly string[] {
  const first = rotateNameservers && nameservers.length > 0 ? id % nameservers.length : 0;
  const inTurn = [...nameservers.slice(first), ...nameservers.slice(0, first)];
  return [...inTurn, ...inTurn.slice(0, 1)];
}
