/** One question being worked on: what it may read, and what is learned on the way. */
import type { Millis } from '../base/time.ts';
import { isWithin, labelsOf, lowerName } from '../records/name.ts';
import type { ServiceRecord } from '../records/record.ts';
import { type DnsConfig, longestTtl, secondsUntil } from './config.ts';
import { type Found, findServices } from './lookup.ts';
import type { DnsRecord } from './message.ts';
import type { Stubs } from './stubs.ts';
import type { RecordTree } from './tree.ts';

/** What a question is answered from; everything that could change is an argument. */
export interface DnsWorld {
  readonly config: DnsConfig;
  /** Undefined until the store was read for the first time: then we know nothing and must not deny anything. */
  readonly tree: RecordTree | undefined;
  /** Zones that other servers answer for; none when stub zones are off. */
  readonly stubs: Stubs;
  /** On the clock of the records' `expiresAt`. */
  readonly now: Millis;
  /** Seconds since 1970. */
  readonly unixTime: number;
  /** A whole number from 0 up to, not including, `bound`; round robin takes its chances from it. */
  readonly choose: (bound: number) => number;
  /** What other servers answered to the questions of an earlier `ask`. */
  readonly upstream: UpstreamAnswers;
  /** Answered to `version.bind` in class CHAOS. */
  readonly version: string;
}

export interface UpstreamQuestion {
  readonly name: string;
  readonly type: 'A' | 'AAAA';
}

/** By `upstreamKey`; `failed` when no server gave a usable answer. */
export type UpstreamAnswers = ReadonlyMap<string, readonly DnsRecord[] | 'failed'>;

export const upstreamKey = ({ name, type }: UpstreamQuestion): string => `${type} ${lowerName(name)}`;

/** Alias chains that fan out could otherwise be walked for ever: the store's writers decide how they look. */
const mostSteps = 512;

export class Inquiry {
  readonly world: DnsWorld;
  readonly tree: RecordTree;
  /** Questions for other servers without whose answers there is no complete one. */
  readonly open = new Map<string, UpstreamQuestion>();
  /** Whether a TTL counts down, so that the same question deserves another answer a second later. */
  countsDown = false;
  /** Whether chance had a say in the order. */
  shuffled = false;
  /** Whether other servers had a say. */
  asksOthers = false;
  #steps = 0;

  constructor(world: DnsWorld, tree: RecordTree) {
    this.world = world;
    this.tree = tree;
  }

  find(name: string): Found {
    return this.#steps++ > mostSteps ? undefined : findServices(this.tree, name, this.world.now);
  }

  isInZone(name: string): boolean {
    return isWithin(lowerName(name), this.world.config.domain);
  }

  /** @see skydns.md 1.4 */
  ttlOf({ ttl, expiresAt }: ServiceRecord): number {
    const { config, now } = this.world;
    const given = ttl === 0 ? config.ttl : Math.min(ttl, longestTtl);
    if (expiresAt === undefined) return given;
    this.countsDown = true;
    const remaining = secondsUntil(expiresAt, now);
    return ttl === 0 ? remaining : Math.min(given, remaining);
  }

  /** What other servers say; asks for it when it is not known yet. @see skydns.md 7.2 */
  fromUpstream(question: UpstreamQuestion): readonly DnsRecord[] | 'failed' {
    const { config, upstream } = this.world;
    if (config.nameservers.length === 0 || labelsOf(question.name).length < config.minLabels) return 'failed';
    this.asksOthers = true;
    const answer = upstream.get(upstreamKey(question));
    if (answer === undefined) this.open.set(upstreamKey(question), question);
    if (answer === undefined || answer === 'failed') return 'failed';
    return answer.map((record) => ({ ...record, ttl: config.forwardedTtl }));
  }

  /** Each order as likely as any other. */
  shuffle<T>(items: readonly T[]): readonly T[] {
    if (!this.world.config.roundRobin || items.length < 2) return items;
    this.shuffled = true;
    const order = [...items];
    for (let last = order.length - 1; last > 0; last--) {
      const other = this.world.choose(last + 1);
      [order[last], order[other]] = [order[other] as T, order[last] as T];
    }
    return order;
  }
}
