/**
 * Packet → packet. The same bytes asked again get the same bytes back, with the id of the asker, as long as nothing
 * changed: this is what most questions cost, and everything else happens once per question and change.
 */
import { seconds } from '../../core/base/time.ts';
import { answer, type Outcome, type Steadiness } from '../../core/dns/answer.ts';
import { type DnsWorld, upstreamKey } from '../../core/dns/inquiry.ts';
import { bareReply, type DnsRecord, type Reply } from '../../core/dns/message.ts';
import {
  isTruncated,
  parseQuery,
  printForStub,
  printLaterEdns,
  printRefusal,
  printReply,
  printTruncated,
  type Query,
  rcodeOf,
  wasForStub,
  withoutOption,
} from '../../core/dns/wire.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Transport } from './exchange.ts';
import type { Known } from './known.ts';
import type { DnsMetrics, System } from './metrics.ts';
import { ReplyCache } from './reply-cache.ts';
import type { Upstream } from './upstream.ts';

export interface ResponderParts {
  readonly known: Known;
  readonly upstream: Upstream;
  readonly metrics: DnsMetrics;
  readonly clock: Clock;
  readonly log: Log;
  /** A whole number from 0 up to, not including, `bound`. */
  readonly choose: (bound: number) => number;
  readonly version: string;
  /** Logs every question. */
  readonly verbose: boolean;
}

export type Respond = (
  packet: Buffer,
  transport: Transport,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** Own answers remembered; twice what one zone of ten thousand names needs. */
const mostRemembered = 20_000;
/** Rounds of asking other servers for one answer; a chain of aliases leaves our tree only once. */
const mostRounds = 3;
/** Over UDP nobody is sent more, whatever a packet with a forged address asks for. */
const largestDatagram = 4_096;
const largestMessage = 65_535;

/** @returns undefined from the function when a packet deserves no answer */
export function responder(parts: ResponderParts): Respond {
  const { known, upstream, metrics, clock, log, choose, version, verbose } = parts;
  const own = new ReplyCache(mostRemembered, choose);
  let ownVersion = known.version;
  let others = new ReplyCache(known.config.cacheSize, choose);
  let othersConfig = known.config;

  const world = (answers: DnsWorld['upstream'] = new Map()): DnsWorld => ({
    config: known.config,
    tree: known.tree,
    stubs: known.stubs,
    now: clock.now(),
    unixTime: Math.floor(clock.date().getTime() / 1_000),
    choose,
    upstream: answers,
    version,
  });

  return (packet, transport) => {
    if (ownVersion !== known.version) forgetWhatChanged();
    const begun = clock.now();
    if (verbose) logQuestion(packet, transport);
    const remembered = own.find(packet, transport, begun) ?? others.find(packet, transport, begun);
    if (remembered !== undefined) return told(remembered.system, begun, remembered.bytes);
    const parsed = parseQuery(packet);
    switch (parsed.kind) {
      case 'drop':
        metrics.dropped();
        return undefined;
      case 'refuse':
        return told('auth', begun, printRefusal(packet, parsed.rcode));
      case 'later edns':
        return told('auth', begun, printLaterEdns(parsed.query));
      case 'query':
        return respondTo(packet, parsed.query, transport, begun);
      default:
        return parsed satisfies never;
    }
  };

  function forgetWhatChanged(): void {
    own.clear();
    ownVersion = known.version;
    if (othersConfig === known.config) return;
    others = new ReplyCache(known.config.cacheSize, choose);
    othersConfig = known.config;
  }

  function respondTo(packet: Buffer, query: Query, transport: Transport, begun: number) {
    const outcome = judged(query);
    switch (outcome.kind) {
      case 'reply':
        return remembering(packet, transport, query, outcome, begun);
      case 'forward':
        return forwarded(packet, transport, query, begun);
      case 'stub':
        return passedToStub(packet, transport, query, outcome.servers, begun);
      case 'ask':
        return completed(transport, query, outcome, begun);
      default:
        return outcome satisfies never;
    }
  }

  /** A packet or a record that finds a bug of ours costs its asker an answer, and nobody else anything. */
  function judged(query: Query, answers?: DnsWorld['upstream']): Outcome {
    try {
      return answer(query.question, world(answers));
    } catch (error) {
      log.error('a question could not be answered', { ...query.question, because: error });
      return { kind: 'reply', reply: bareReply('SERVFAIL'), steady: 'never', shuffled: false };
    }
  }

  function told<Bytes extends Uint8Array>(system: System, begun: number, bytes: Bytes): Bytes {
    metrics.answered(system, clock.now() - begun, bytes);
    return bytes;
  }

  function remembering(
    packet: Buffer,
    transport: Transport,
    query: Query,
    outcome: Outcome & { kind: 'reply' },
    begun: number,
  ) {
    const system: System = outcome.reverse ? 'reverse' : 'auth';
    const bytes = printed(query, outcome.reply, transport, system);
    const until = steadyUntil(outcome.steady);
    if (until !== undefined) own.keep(packet, transport, { bytes, system, until, isOneOfMany: outcome.shuffled });
    return told(system, begun, bytes);
  }

  async function forwarded(packet: Buffer, transport: Transport, query: Query, begun: number) {
    const reply = await upstream.forward(packet, query, transport, known.config);
    return passedBack('recursive', packet, transport, query, begun, reply);
  }

  async function passedToStub(
    packet: Buffer,
    transport: Transport,
    query: Query,
    servers: readonly string[],
    begun: number,
  ) {
    if (wasForStub(query)) {
      log.warn('question dropped that comes round through stub zones', { ...query.question });
      metrics.dropped();
      return undefined;
    }
    const config = { ...known.config, nameservers: servers };
    const reply = await upstream.forward(printForStub(query), query, transport, config);
    // The option came from us: who asked without one is not sent one.
    const bare = reply === undefined || query.payloadSize !== undefined ? reply : withoutOption(reply);
    return passedBack('stub', packet, transport, query, begun, bare);
  }

  function passedBack(
    system: System,
    packet: Buffer,
    transport: Transport,
    query: Query,
    begun: number,
    reply: Buffer | undefined,
  ) {
    metrics.missed();
    if (reply === undefined) {
      return told(
        system,
        begun,
        printed(query, bareReply('SERVFAIL', { recursionAvailable: true }), transport, system),
      );
    }
    const isWorthKeeping = !isTruncated(reply) && ['NOERROR', 'NXDOMAIN'].includes(rcodeOf(reply));
    const until = clock.now() + seconds(known.config.forwardedTtl);
    if (isWorthKeeping) others.keep(packet, transport, { bytes: reply, system: 'cache', until });
    // A server that says more than it was asked for must not have us flood whoever the packet claims to come from.
    const fits = transport === 'tcp' || reply.length <= roomFor(query);
    return told(system, begun, fits ? reply : printTruncated(query));
  }

  async function completed(transport: Transport, query: Query, first: Outcome & { kind: 'ask' }, begun: number) {
    const answers = new Map<string, readonly DnsRecord[] | 'failed'>();
    let outcome: Outcome = first;
    for (let round = 0; round < mostRounds && outcome.kind === 'ask'; round++) {
      await Promise.all(
        outcome.questions.map(async (question) => {
          answers.set(upstreamKey(question), await upstream.ask(question, known.config));
        }),
      );
      outcome = judged(query, answers);
    }
    const reply = outcome.kind === 'reply' ? outcome.reply : bareReply('SERVFAIL');
    return told('auth', begun, printed(query, reply, transport, 'auth'));
  }

  function printed(query: Query, reply: Reply, transport: Transport, system: System): Buffer {
    const room = transport === 'tcp' ? largestMessage + 1 : roomFor(query);
    const whole = printReply(query, reply, room, transport === 'tcp' ? 'never' : 'truncate');
    if (whole !== undefined) return whole;
    metrics.failed(system, 'overflow');
    return printed(query, bareReply('SERVFAIL'), transport, system);
  }

  function logQuestion(packet: Buffer, transport: Transport): void {
    const parsed = parseQuery(packet);
    if (parsed.kind === 'query') log.info('question', { ...parsed.query.question, id: parsed.query.id, transport });
    else log.info('packet that is no question', { size: packet.length, transport });
  }

  function steadyUntil(steadiness: Steadiness): number | undefined {
    const [now, date] = [clock.now(), clock.date().getTime()];
    switch (steadiness) {
      case 'always':
        return Number.POSITIVE_INFINITY;
      case 'this hour':
        return now + 3_600_000 - (date % 3_600_000);
      // TTLs count down from the instant of expiry, not from whole seconds of any clock; a part of one is precise enough.
      case 'this second':
        return now + 200;
      case 'never':
        return undefined;
      default:
        return steadiness satisfies never;
    }
  }
}

/** What the asker can take over UDP, and no more than we send anybody. */
const roomFor = ({ payloadSize = 512 }: Query): number => Math.min(payloadSize, largestDatagram);
