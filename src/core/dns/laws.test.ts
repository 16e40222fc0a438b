/** Any records, any question: the answer is well-formed. Drawn from seeds, so a failure names its world. */
import { decode } from 'dns-packet';
import { expect, it } from 'vitest';
import { type Choices, seeded, seeds } from '../base/choices.ts';
import { lowerName } from '../records/name.ts';
import { answer } from './answer.ts';
import { aQuestion, aWorld, type Leaf } from './fixtures.ts';
import { upstreamKey } from './inquiry.ts';
import type { DnsRecord, Reply } from './message.ts';
import { parseQuery, printQuery, printReply } from './wire.ts';

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

function aWorldOf(choices: Choices) {
  const leaves: Record<string, Leaf> = {};
  for (let count = choices.below(14); count > 0; count--) leaves[aName(choices, labels)] = aLeaf(choices);
  if (choices.chance(1, 4)) leaves['ns1.ns.dns'] = '10.0.0.1';
  const choose = (bound: number) => choices.below(bound);
  return aWorld(leaves, { nameservers: choices.someOf(['192.0.2.1:53']) }, { choose });
}

/** Asks until nothing is open, as the server does; other servers know everything, or nothing. */
function settled(choices: Choices, text: string): Reply | undefined {
  let world = aWorldOf(choices);
  for (let round = 0; round < 4; round++) {
    const outcome = answer(aQuestion(text), world);
    if (outcome.kind === 'forward') return undefined;
    if (outcome.kind === 'reply') return outcome.reply;
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

const key = ({ name, type, data }: DnsRecord) => `${lowerName(name)} ${type} ${JSON.stringify(data)}`;

/** Where a chain of aliases that starts at the question ends. */
function ends(name: string, answers: readonly DnsRecord[]): ReadonlySet<string> {
  const reached = new Set([lowerName(name)]);
  for (let turn = 0; turn < answers.length; turn++) {
    for (const record of answers) {
      if (record.type === 'CNAME' && reached.has(lowerName(record.name))) reached.add(lowerName(record.data));
    }
  }
  return reached;
}

it.each(seeds(500))('any question of any records is answered well (seed %i)', (seed) => {
  const choices = seeded(seed);
  const type = choices.oneOf(types);
  const name = choices.oneOf(['@', () => aName(choices, [...labels, '*', 'any', 'DB'])]);
  const text = `${type} ${typeof name === 'string' ? name : name()}`;
  const reply = settled(choices, text);
  if (reply === undefined) return;
  const { answers, authorities, additionals, rcode } = reply;
  const question = aQuestion(text);

  for (const section of [answers, additionals]) expect(new Set(section.map(key)).size).toBe(section.length);
  expect(answers.length === 0 || rcode === 'NOERROR').toBe(true);
  expect(new Set(answers.map(({ ttl }) => ttl)).size).toBeLessThanOrEqual(1);
  if (rcode !== 'REFUSED' && rcode !== 'SERVFAIL' && reply.authoritative) {
    expect(authorities.map((record) => record.type)).toEqual(answers.length === 0 ? ['SOA'] : []);
  }

  const aliases = answers.filter((record) => record.type === 'CNAME');
  expect(new Set(aliases.map((record) => lowerName(record.name))).size).toBe(aliases.length);
  const reached = ends(question.name, answers);
  for (const record of answers) {
    expect(reached).toContain(lowerName(record.name));
    expect(record.type === type || (record.type === 'CNAME' && (type === 'A' || type === 'AAAA'))).toBe(true);
  }
  for (const record of answers) {
    if (record.type === 'SRV') expect(record.data.weight).toBeGreaterThan(0);
  }

  const parsed = parseQuery(printQuery(1, question.name, 'A', 512));
  if (parsed.kind !== 'query') throw new Error('not a query');
  for (const room of [512, 4_096]) {
    const bytes = printReply(parsed.query, reply, room);
    expect(bytes?.length).toBeLessThan(room);
    const read = decode(bytes ?? Buffer.alloc(0));
    const whole = !read.flag_tc && (read.additionals?.length ?? 0) === additionals.length;
    const names = (records: readonly { name: string; type: string }[] = []) =>
      records.map((r) => `${r.name} ${r.type}`);
    if (whole) expect(names(read.answers)).toEqual(names(answers));
    if (!read.flag_tc) expect(read.answers).toHaveLength(answers.length);
    expect(read.authorities).toHaveLength(read.flag_tc ? 0 : authorities.length);
  }
});
