/** Zones, questions and readable answers for tests. */
import type { Choices } from '../base/choices.ts';
import { type Millis, ms } from '../base/time.ts';
import { keyOfName, parseName } from '../records/name.ts';
import { parseRecord } from '../records/record.ts';
import { answer, type Outcome } from './answer.ts';
import { type DnsConfig, defaultDnsConfig } from './config.ts';
import { type DnsWorld, upstreamKey } from './inquiry.ts';
import type { DnsRecord, Question, Reply } from './message.ts';
import { noStubs } from './stubs.ts';
import { RecordTree } from './tree.ts';

/** What a leaf says; a text is its host. */
export type Leaf = string | Readonly<Record<string, unknown>>;

/** @param leaves by name; a name that does not end in `.` stands below the domain */
export function aTree(leaves: Readonly<Record<string, Leaf>>, domain = 'skydns.local', expiresAt?: Millis): RecordTree {
  const tree = new RecordTree('skydns');
  for (const [written, leaf] of Object.entries(leaves)) {
    const name = written.endsWith('.') ? (parseName(written) ?? '') : `${written}.${domain}`;
    const json = JSON.stringify(typeof leaf === 'string' ? { host: leaf } : leaf);
    const parsed = parseRecord(keyOfName('skydns', name), json, expiresAt);
    if ('mistake' in parsed) throw new Error(`${written}: ${parsed.mistake}`);
    tree.put(parsed.record);
  }
  return tree;
}

export function aWorld(
  leaves: Readonly<Record<string, Leaf>>,
  config: Partial<DnsConfig> = {},
  world: Partial<DnsWorld> = {},
): DnsWorld {
  const whole = { ...defaultDnsConfig, ...config };
  return {
    config: whole,
    tree: aTree(leaves, whole.domain),
    stubs: noStubs,
    now: ms(0),
    unixTime: 1_000_000,
    // The last of `bound` swaps nothing, so answers come in the order of their keys.
    choose: (bound) => bound - 1,
    upstream: new Map(),
    version: 'test',
    ...world,
  };
}

/** `ask(world, 'A db')`: the name stands below the domain unless it ends in `.`; `@` is the domain. */
export function ask(world: DnsWorld, question: string): Outcome {
  return answer(aQuestion(question, world.config.domain), world);
}

export function aQuestion(text: string, domain = 'skydns.local'): Question {
  const [type = '', written = '', clazz = 'IN'] = text.split(' ');
  const name = written === '@' ? domain : written.endsWith('.') ? written.slice(0, -1) : `${written}.${domain}`;
  return { name, type, class: clazz };
}

export function replyTo(world: DnsWorld, question: string): Reply {
  const outcome = ask(world, question);
  if (outcome.kind !== 'reply') throw new Error(`no reply, but ${outcome.kind}`);
  return outcome.reply;
}

/** A reply as dig would show it: verdict and flags, then one line per record, sections marked by their letter. */
export function shown(reply: Reply): string[] {
  const flags = [
    reply.authoritative ? 'aa' : '',
    reply.copiesRecursionDesired ? 'rd' : '',
    reply.recursionAvailable ? 'ra' : '',
  ];
  const section = (letter: string, records: readonly DnsRecord[]) =>
    records.map((record) => `${letter} ${print(record)}`);
  return [
    [reply.rcode, ...flags].filter((part) => part !== '').join(' '),
    ...section('answer', reply.answers),
    ...section('authority', reply.authorities),
    ...section('additional', reply.additionals),
  ];
}

/** Only the answers' lines. */
export const answersTo = (world: DnsWorld, question: string): string[] => replyTo(world, question).answers.map(print);

function print(record: DnsRecord): string {
  const data = () => {
    switch (record.type) {
      case 'SRV': {
        const { priority, weight, port, target } = record.data;
        return `${priority} ${weight} ${port} ${target}`;
      }
      case 'MX':
        return `${record.data.preference} ${record.data.exchange}`;
      case 'HINFO':
        return `"${record.data.cpu}" "${record.data.os}"`;
      case 'TXT':
        return record.data.map((piece) => JSON.stringify(Buffer.from(piece).toString('utf8'))).join(' ');
      case 'SOA': {
        const { mname, rname, serial, refresh, retry, expire, minimum } = record.data;
        return [mname, rname, serial, refresh, retry, expire, minimum].join(' ');
      }
      default:
        return record.data;
    }
  };
  return `${record.name} ${record.ttl} ${record.type} ${data()}`;
}

/** What generated worlds are made of: few names, so that they meet. */
const labels = ['a', 'b', 'c', 'db'];
const types = ['A', 'AAAA', 'SRV', 'TXT', 'CNAME', 'NS', 'SOA', 'MX', 'PTR', 'ANY', 'HINFO', 'UNKNOWN_65'];

const aName = (choices: Choices, words: readonly string[]) =>
  Array.from({ length: 1 + choices.below(3) }, () => choices.oneOf(words)).join('.');

const aHost = (choices: Choices) =>
  choices.oneOf([
    () => `10.0.0.${choices.below(4)}`,
    () => `2003::${choices.below(4)}`,
    () => `${aName(choices, labels)}.skydns.local`,
    () => `${choices.oneOf(labels)}.example.com.`,
    () => '',
  ])();

const aLeaf = (choices: Choices): Leaf => ({
  host: aHost(choices),
  port: choices.below(3),
  priority: choices.below(3),
  weight: choices.oneOf([0, 1, 100_000]),
  text: choices.oneOf(['', 'text', 'x'.repeat(600)]),
  mail: choices.chance(1, 2),
  ttl: choices.oneOf([0, 5, 7_200]),
  targetstrip: choices.below(4),
  group: choices.oneOf(['', '', 'g1', 'g2']),
});

export type Leaves = Readonly<Record<string, Leaf>>;

export function anyLeaves(choices: Choices): Leaves {
  const leaves: Record<string, Leaf> = {};
  for (let count = choices.below(14); count > 0; count--) leaves[aName(choices, labels)] = aLeaf(choices);
  if (choices.chance(1, 4)) leaves['ns1.ns.dns'] = { host: '10.0.0.1' };
  if (choices.chance(1, 4)) leaves['apex.dns'] = aLeaf(choices);
  return leaves;
}

function aWorldOf(choices: Choices, leaves: Leaves) {
  const choose = (bound: number) => choices.below(bound);
  return aWorld(leaves, { nameservers: choices.someOf(['192.0.2.1:53']) }, { choose });
}

/** Asks until nothing is open, as the server does; other servers know everything, or nothing. */
export function settled(choices: Choices, leaves: Leaves, text: string): { reply: Reply; world: DnsWorld } | undefined {
  let world = aWorldOf(choices, leaves);
  for (let round = 0; round < 4; round++) {
    const outcome = answer(aQuestion(text), world);
    if (outcome.kind === 'forward' || outcome.kind === 'stub') return undefined;
    if (outcome.kind === 'reply') return { reply: outcome.reply, world };
    const upstream = new Map(world.upstream);
    for (const question of outcome.questions) {
      const address = {
        name: question.name,
        type: question.type,
        ttl: 1,
        data: question.type === 'A' ? '192.0.2.9' : '::9',
      };
      upstream.set(upstreamKey(question), choices.chance(1, 2) ? [address] : 'failed');
    }
    world = { ...world, upstream };
  }
  throw new Error('it asks and asks');
}

export const anyQuestion = (choices: Choices): string => {
  const name = choices.oneOf(['@', () => aName(choices, [...labels, '*', 'any', 'DB'])]);
  return `${choices.oneOf(types)} ${typeof name === 'string' ? name : name()}`;
};
