/** Any records, any question: the answer is well-formed. Drawn from seeds, so a failure names its world. */
import { decode } from 'dns-packet';
import { expect, it } from 'vitest';
import { seeded, seeds } from '../base/choices.ts';
import { lowerName } from '../records/name.ts';
import { anyLeaves, anyQuestion, aQuestion, settled } from './fixtures.ts';
import type { DnsRecord } from './message.ts';
import { parseQuery, printQuery, printReply } from './wire.ts';

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
  const leaves = anyLeaves(choices);
  const text = anyQuestion(choices);
  const [type] = text.split(' ');
  const found = settled(choices, leaves, text);
  if (found === undefined) return;
  const { reply } = found;
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
    const isBeside = type === 'ANY' ? ['CNAME', 'HINFO'] : type === 'A' || type === 'AAAA' ? ['CNAME'] : [];
    expect([type, ...isBeside]).toContain(record.type);
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
