import { decode, encode, type Packet } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { seeded, seeds } from '../base/choices.ts';
import { aWorld, type Leaf, replyTo } from './fixtures.ts';
import { bareReply, type DnsRecord } from './message.ts';
import {
  answersTo,
  type ParsedQuery,
  parseQuery,
  parseUpstreamReply,
  printQuery,
  printRefusal,
  printReply,
  type Query,
} from './wire.ts';

const opt = (udpPayloadSize: number) => ({ type: 'OPT', name: '.', udpPayloadSize }) as never;
const packet = (question: string, more: Partial<Packet> = {}) => {
  const [type, name = ''] = question.split(' ');
  return encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ type: type as 'A', name }], ...more });
};
const query = (question: string, more: Partial<Packet> = {}): Query => {
  const parsed = parseQuery(packet(question, more));
  if (parsed.kind !== 'query') throw new Error(parsed.kind);
  return parsed.query;
};
/** What the server would send for a question below skydns.local. */
const sent = (leaves: Record<string, Leaf>, type: string, name: string, room: number, cut?: 'never') => {
  const reply = replyTo(aWorld(leaves), `${type} ${name}`);
  return printReply(query(`${type} ${name}.skydns.local`), reply, room, cut);
};
const counted = (bytes: Buffer | undefined) => {
  const { answers = [], additionals = [], flag_tc } = decode(bytes ?? Buffer.alloc(0));
  return { answers: answers.length, additionals: additionals.length, truncated: flag_tc };
};
const addresses = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`x${at}.many`, `10.0.0.${at + 1}`]));
const services = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`x${at}.many`, { host: `10.0.0.${at + 1}`, port: 1_000 + at }]),
  );

describe('reading queries', () => {
  it('takes what matters from one', () => {
    expect(query('A Redis.webapp.dev', { additionals: [opt(1232)] })).toMatchObject({
      id: 7,
      question: { name: 'Redis.webapp.dev', type: 'A', class: 'IN' },
      recursionDesired: true,
      payloadSize: 1232,
      dnssecOk: false,
    });
  });

  it('knows each type and class by the name that dns-packet has for it, asked with EDNS or without', () => {
    for (let code = 1; code < 300; code++) {
      for (const clazz of [1, 3, 255]) {
        const [bare, roomy] = [packet('A a.dev'), packet('A a.dev', { additionals: [opt(512)] })];
        for (const bytes of [bare, roomy]) {
          bytes.writeUInt16BE(code, 19);
          bytes.writeUInt16BE(clazz, 21);
        }
        const [expected] = decode(bare).questions ?? [];
        for (const bytes of [bare, roomy])
          expect(parseQuery(bytes)).toMatchObject({
            query: { question: { type: expected?.type, class: expected?.class } },
          });
      }
    }
  });

  it('knows no size without EDNS, and none below 512', () => {
    expect(query('A a.dev').payloadSize).toBeUndefined();
    expect(query('A a.dev', { additionals: [opt(100)] }).payloadSize).toBe(512);
  });

  it('keeps labels apart that contain dots or bytes of any kind', () => {
    const bytes = packet('A abc.dev');
    bytes.write('a.\u0000', 13, 'latin1');
    const parsed = parseQuery(bytes);
    expect(parsed.kind === 'query' && parsed.query.question.name).toBe('a\\.\\000.dev');
  });

  it.each<[string, Buffer, ParsedQuery]>([
    ['drops what is too short', Buffer.alloc(11), { kind: 'drop' }],
    ['drops replies', encode({ type: 'response', id: 1, questions: [] }), { kind: 'drop' }],
    ['knows no other operations', packet('A a.dev', { flags: 4 << 11 }), { kind: 'refuse', rcode: 'NOTIMP' }],
    [
      'takes one question, not none',
      encode({ type: 'query', id: 1, questions: [] }),
      { kind: 'refuse', rcode: 'FORMERR' },
    ],
    [
      'takes one question, not two',
      encode({
        type: 'query',
        questions: [
          { type: 'A', name: 'a' },
          { type: 'A', name: 'b' },
        ],
      }),
      { kind: 'refuse', rcode: 'FORMERR' },
    ],
    [
      'takes one OPT, not two',
      packet('A a.dev', { additionals: [opt(512), opt(512)] }),
      { kind: 'refuse', rcode: 'FORMERR' },
    ],
    [
      'refuses a name that goes on for ever',
      Buffer.concat([packet('A a').subarray(0, 12), Buffer.from([0xc0, 12, 0, 1, 0, 1])]),
      { kind: 'refuse', rcode: 'FORMERR' },
    ],
    ['refuses a question cut short', packet('A a.dev').subarray(0, -3), { kind: 'refuse', rcode: 'FORMERR' }],
  ])('%s', (_, bytes, expected) => {
    expect(parseQuery(bytes)).toEqual(expected);
  });

  it('reserves nothing for records that a header only promises', () => {
    const bytes = packet('A a.dev');
    bytes.fill(0xff, 6, 12);
    expect(parseQuery(bytes)).toEqual({ kind: 'refuse', rcode: 'FORMERR' });
  });

  it('refuses with no more than the header of what it was sent', () => {
    const bytes = printRefusal(packet('A a.dev', { id: 99 }), 'FORMERR');
    expect(bytes).toHaveLength(12);
    expect(decode(bytes)).toMatchObject({ id: 99, type: 'response', rcode: 'FORMERR', flag_rd: true });
  });
});

describe('writing replies', () => {
  it('answers the question of the tutorial in 50 bytes, EDNS or not', () => {
    const world = aWorld({ 'redis-1.redis': { host: '172.17.8.103', port: 6379 } }, { domain: 'webapp.dev' });
    for (const more of [{}, { additionals: [opt(4096)] }]) {
      const bytes = printReply(query('A redis.webapp.dev', more), replyTo(world, 'A redis'), 512) ?? Buffer.alloc(0);
      expect(bytes).toHaveLength(50);
      expect(decode(bytes)).toMatchObject({
        id: 7,
        rcode: 'NOERROR',
        flag_qr: true,
        flag_aa: true,
        flag_rd: true,
        flag_ra: true,
        flag_tc: false,
        questions: [{ name: 'redis.webapp.dev' }],
        answers: [{ name: 'redis.webapp.dev', type: 'A', ttl: 3600, data: '172.17.8.103' }],
        authorities: [],
        additionals: [],
      });
    }
  });

  it.each<[string, DnsRecord, unknown]>([
    ['an IPv6 address', { name: 'a.b', type: 'AAAA', ttl: 1, data: '2003::8:1' }, '2003::8:1'],
    ['an alias', { name: 'a.b', type: 'CNAME', ttl: 1, data: 'c.b' }, 'c.b'],
    ['a pointer', { name: 'a.b', type: 'PTR', ttl: 1, data: 'c.d' }, 'c.d'],
    ['a name server', { name: 'a.b', type: 'NS', ttl: 1, data: 'a.b' }, 'a.b'],
    [
      'an exchanger',
      { name: 'a.b', type: 'MX', ttl: 1, data: { preference: 10, exchange: 'm.a.b' } },
      { preference: 10, exchange: 'm.a.b' },
    ],
    [
      'texts',
      { name: 'a.b', type: 'TXT', ttl: 1, data: [Buffer.from('x'), Buffer.from('y')] },
      [Buffer.from('x'), Buffer.from('y')],
    ],
    [
      'a service',
      { name: 'a.b', type: 'SRV', ttl: 1, data: { priority: 1, weight: 2, port: 3, target: 't.a.b' } },
      { priority: 1, weight: 2, port: 3, target: 't.a.b' },
    ],
    [
      'a start of authority',
      {
        name: 'b',
        type: 'SOA',
        ttl: 1,
        data: { mname: 'ns.b', rname: 'h.b', serial: 4e9, refresh: 1, retry: 2, expire: 3, minimum: 4 },
      },
      { mname: 'ns.b', rname: 'h.b', serial: 4e9, refresh: 1, retry: 2, expire: 3, minimum: 4 },
    ],
  ])('another reader understands %s', (_, record, data) => {
    const bytes = printReply(query('A a.b'), bareReply('NOERROR', { answers: [record, record] }), 512);
    const { answers = [] } = decode(bytes ?? Buffer.alloc(0));
    expect(answers).toMatchObject([
      { name: record.name, type: record.type, ttl: 1, data },
      { name: record.name, type: record.type, ttl: 1, data },
    ]);
  });

  it('never compresses the target of a service', () => {
    const record: DnsRecord = {
      name: 'a.b',
      type: 'SRV',
      ttl: 1,
      data: { priority: 1, weight: 2, port: 3, target: 'a.b' },
    };
    const bytes = printReply(query('SRV a.b'), bareReply('NOERROR', { answers: [record] }), 512);
    expect(bytes?.subarray(-5)).toEqual(Buffer.from([1, 0x61, 1, 0x62, 0]));
  });

  it('copies RD, and not when told so', () => {
    const reply = bareReply('REFUSED', { copiesRecursionDesired: false });
    expect(decode(printReply(query('ANY a.b'), reply, 512) ?? Buffer.alloc(0)).flag_rd).toBe(false);
    const without = query('A a.b', { flags: 0 });
    expect(decode(printReply(without, bareReply('SERVFAIL'), 512) ?? Buffer.alloc(0)).flag_rd).toBe(false);
  });
});

describe('fitting', () => {
  it.each<[string, Record<string, Leaf>, string, number, ReturnType<typeof counted>]>([
    ['cuts answers without EDNS', addresses(60), 'A', 512, { answers: 29, additionals: 0, truncated: true }],
    [
      'sends all that a client has room for',
      addresses(60),
      'A',
      1232,
      { answers: 60, additionals: 0, truncated: false },
    ],
    [
      'sends services with their addresses',
      services(60),
      'SRV',
      4096,
      { answers: 60, additionals: 60, truncated: false },
    ],
    [
      'leaves addresses beside services away first',
      services(10),
      'SRV',
      512,
      { answers: 10, additionals: 0, truncated: false },
    ],
  ])('%s', (_, leaves, type, room, expected) => {
    const bytes = sent(leaves, type, 'many', room);
    expect(counted(bytes)).toEqual(expected);
    expect(bytes?.length).toBeLessThan(room);
  });

  it('takes a size as a limit that a reply stays below', () => {
    const whole = sent(addresses(40), 'A', 'many', 4096)?.length ?? 0;
    expect(counted(sent(addresses(40), 'A', 'many', whole + 1))).toMatchObject({ answers: 40, truncated: false });
    expect(counted(sent(addresses(40), 'A', 'many', whole))).toMatchObject({ answers: 39, truncated: true });
  });

  it('sends everything over TCP, or nothing', () => {
    expect(counted(sent(services(60), 'SRV', 'many', 65_536, 'never'))).toEqual({
      answers: 60,
      additionals: 60,
      truncated: false,
    });
    const texts = Object.fromEntries(
      Array.from({ length: 300 }, (_, at) => [`t${at}.many`, { text: `${at}`.repeat(200) }]),
    );
    expect(sent(texts, 'TXT', 'many', 65_536, 'never')).toBeUndefined();
    expect(sent({ many: { text: 'x'.repeat(70_000) } }, 'TXT', 'many', 65_536, 'never')).toBeUndefined();
  });

  it('marks a reply whose only answer is larger than any packet', () => {
    expect(counted(sent({ many: { text: 'x'.repeat(70_000) } }, 'TXT', 'many', 4096))).toMatchObject({
      truncated: true,
    });
  });
});

describe('asking others', () => {
  const asked = printQuery(99, 'www.example.com', 'A', 1232);
  const parsed = parseQuery(asked);
  const theQuery = parsed.kind === 'query' ? parsed.query : undefined;
  if (theQuery === undefined) throw new Error('our own query cannot be read');
  const answered = (more: Partial<Packet> = {}) =>
    encode({
      type: 'response',
      id: 99,
      questions: [{ type: 'A', name: 'www.example.com' }],
      answers: [
        { type: 'CNAME', name: 'www.example.com', data: 'edge.example.com', ttl: 3 },
        { type: 'A', name: 'edge.example.com', data: '192.0.2.7', ttl: 3 },
        { type: 'TXT', name: 'edge.example.com', data: 'x', ttl: 3 },
      ],
      ...more,
    });

  it('writes a question that can be read', () => {
    expect(theQuery).toMatchObject({ id: 99, question: { name: 'www.example.com', type: 'A' }, payloadSize: 1232 });
  });

  it('takes addresses and aliases from the answer', () => {
    expect(parseUpstreamReply(answered(), theQuery)).toEqual({
      rcode: 'NOERROR',
      truncated: false,
      answers: [
        { name: 'www.example.com', type: 'CNAME', ttl: 3, data: 'edge.example.com' },
        { name: 'edge.example.com', type: 'A', ttl: 3, data: '192.0.2.7' },
      ],
    });
  });

  it.each<[string, Partial<Packet>]>([
    ['another id', { id: 98 }],
    ['another question', { questions: [{ type: 'A', name: 'www.example.org' }] }],
    ['a question, not a reply', { type: 'query' }],
  ])('does not believe %s', (_, more) => {
    expect(answersTo(answered(more), theQuery)).toBe(false);
    expect(parseUpstreamReply(answered(more), theQuery)).toBeUndefined();
  });
});

it.each(seeds(300))('reads any packet without harm, answering with no more than it was sent (seed %i)', (seed) => {
  const choices = seeded(seed);
  const bytes = choices.chance(1, 2)
    ? Buffer.from(Array.from({ length: choices.below(80) }, () => choices.below(256)))
    : packet('SRV redis-1.redis.webapp.dev', { additionals: [opt(choices.below(65_536))] });
  for (let harm = choices.below(6); harm > 0 && bytes.length > 0; harm--)
    bytes[choices.below(bytes.length)] = choices.below(256);
  const cut = bytes.subarray(0, bytes.length - choices.below(Math.min(bytes.length + 1, 8)));
  const parsed = parseQuery(cut);
  if (parsed.kind === 'refuse') expect(printRefusal(cut, parsed.rcode).length).toBeLessThanOrEqual(cut.length);
  if (parsed.kind === 'query') {
    const bytesBack = printReply(parsed.query, bareReply('SERVFAIL'), 512);
    expect(bytesBack?.length).toBeLessThanOrEqual(cut.length);
    expect(parsed.query.questionBytes.equals(bytesBack?.subarray(12) ?? Buffer.alloc(0))).toBe(true);
  }
});
