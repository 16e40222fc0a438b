/**
 * Packet → packet. The same bytes asked again get the same bytes back, with the id of the asker, as long as nothing
 * changed: this is what most questions cost, and everything else happens once per question and change.
 */
import { seconds } from '../../core/base/time.ts';
import { answer, type Outcome, type Steadiness } from '../../core/dns/answer.ts';
import { type DnsWorld, upstreamKey } from '../../core/dns/inquiry.ts';
import { bareReply, type DnsRecord, type Reply } from '../../core/dns/message.ts';
import { isTruncated, parseQuery, printRefusal, printReply, type Query, rcodeOf } from '../../core/dns/wire.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Transport } from './exchange.ts';
import type { Known } from './known.ts';
import { ReplyCache } from './reply-cache.ts';
import type { Upstream } from './upstream.ts';

export interface ResponderParts {
  readonly known: Known;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly log: Log;
  /** A whole number from 0 up to, not including, `bound`. */
  readonly choose: (bound: number) => number;
  readonly version: string;
  /** Logs every question that is not answered from memory. */
  readonly verbose: boolean;
}

export type Respond = (packet: Buffer, transport: Transport) => Buffer | undefined | Promise<Buffer | undefined>;

/** Rounds of asking other servers for one answer; a chain of aliases leaves our tree only once. */
const mostRounds = 3;
/** Over UDP nobody is sent more, whatever a packet with a forged address asks for. */
const largestDatagram = 4_096;
const largestMessage = 65_535;

/** @returns undefined from the function when a packet deserves no answer */
export function responder({ known, upstream, clock, log, choose, version, verbose }: ResponderParts): Respond {
  const own = new ReplyCache(20_000, choose);
  let ownVersion = known.version;
  let others = new ReplyCache(known.config.cacheSize, choose);
  let othersConfig = known.config;

  const world = (answers: DnsWorld['upstream'] = new Map()): DnsWorld => ({
    config: known.config,
    tree: known.tree,
    now: clock.now(),
    unixTime: Math.floor(clock.date().getTime() / 1_000),
    choose,
    upstream: answers,
    version,
  });

  return (packet, transport) => {
    if (ownVersion !== known.version) {
      own.clear();
      ownVersion = known.version;
      if (othersConfig !== known.config) others = new ReplyCache(known.config.cacheSize, choose);
      othersConfig = known.config;
    }
    const now = clock.now();
    const remembered = own.find(packet, transport, now) ?? others.find(packet, transport, now);
    if (remembered !== undefined) return remembered;
    const parsed = parseQuery(packet);
    if (parsed.kind === 'drop') return undefined;
    if (parsed.kind === 'refuse') return printRefusal(packet, parsed.rcode);
    const { query } = parsed;
    const outcome = judged(query);
    if (verbose) log.info('question', { ...query.question, transport, outcome: outcome.kind });
    if (outcome.kind === 'reply') return remembering(packet, transport, query, outcome);
    return outcome.kind === 'forward' ? forwarded(packet, transport, query) : completed(transport, query, outcome);
  };

  /** A packet or a record that finds a bug of ours costs its asker an answer, and nobody else anything. */
  function judged(query: Query, answers?: DnsWorld['upstream']): Outcome {
    try {
      return answer(query.question, world(answers));
    } catch (error) {
      log.error('a question could not be answered', { ...query.question, because: error });
      return { kind: 'reply', reply: bareReply('SERVFAIL'), steady: 'never', shuffled: false };
    }
  }

  function remembering(packet: Buffer, transport: Transport, query: Query, outcome: Outcome & { kind: 'reply' }) {
    const bytes = printed(query, outcome.reply, transport);
    const until = steadyUntil(outcome.steady);
    if (until !== undefined) own.keep(packet, transport, { bytes, until, isOneOfMany: outcome.shuffled });
    return bytes;
  }

  async function forwarded(packet: Buffer, transport: Transport, query: Query): Promise<Buffer> {
    const { config } = known;
    const reply = await upstream.forward(packet, query, transport, config);
    const isWorthKeeping =
      reply !== undefined && !isTruncated(reply) && ['NOERROR', 'NXDOMAIN'].includes(rcodeOf(reply));
    if (isWorthKeeping)
      others.keep(packet, transport, { bytes: reply, until: clock.now() + seconds(config.forwardedTtl) });
    return reply ?? printed(query, bareReply('SERVFAIL', { recursionAvailable: true }), transport);
  }

  async function completed(transport: Transport, query: Query, first: Outcome & { kind: 'ask' }): Promise<Buffer> {
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
    return printed(query, outcome.kind === 'reply' ? outcome.reply : bareReply('SERVFAIL'), transport);
  }

  function printed(query: Query, reply: Reply, transport: Transport): Buffer {
    const room = transport === 'tcp' ? largestMessage + 1 : Math.min(query.payloadSize ?? 512, largestDatagram);
    const whole = printReply(query, reply, room, transport === 'tcp' ? 'never' : 'truncate');
    return whole ?? printed(query, bareReply('SERVFAIL'), transport);
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
