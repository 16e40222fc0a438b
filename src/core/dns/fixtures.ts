/** Zones, questions and readable answers for tests. */
import { type Millis, ms } from '../base/time.ts';
import { keyOfName, parseName } from '../records/name.ts';
import { parseRecord } from '../records/record.ts';
import { answer, type Outcome } from './answer.ts';
import { type DnsConfig, defaultDnsConfig } from './config.ts';
import type { DnsWorld } from './inquiry.ts';
import type { DnsRecord, Question, Reply } from './message.ts';
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

export function print(record: DnsRecord): string {
  const data = () => {
    switch (record.type) {
      case 'SRV': {
        const { priority, weight, port, target } = record.data;
        return `${priority} ${weight} ${port} ${target}`;
      }
      case 'MX':
        return `${record.data.preference} ${record.data.exchange}`;
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
