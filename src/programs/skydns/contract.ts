/**
 * Questions and what must be answered to them, section by section with flags and TTLs: asked over both transports, once
 * with packets of our own and once with dig. Most rows were seen at SkyDNS itself. @see skydns.md 13
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anUpstream, aServer } from './fixtures.ts';

export interface Asked {
  readonly port: number;
  readonly name: string;
  readonly type: string;
  readonly class: string;
  readonly transport: 'udp' | 'tcp';
  /** EDNS payload size; undefined asks without EDNS. */
  readonly size: number | undefined;
  readonly recursionDesired: boolean;
}

/** Records are `name ttl class type data` with single spaces and names with their final dot, as dig prints them. */
export interface Told {
  readonly status: string;
  /** Of `qr aa tc rd ra`, in this order. */
  readonly flags: string;
  readonly answer: readonly string[];
  readonly authority: readonly string[];
  readonly additional: readonly string[];
}

type Leaves = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const numbered = (count: number, leaf: (at: number) => readonly [string, Record<string, unknown>]): Leaves =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => leaf(at)));

/** By name below skydns.local, or whole with a final dot. */
const leaves: Leaves = {
  ...{ 'x1.db': { host: '127.0.0.1' }, 'x2.db': { host: '127.0.0.2' }, 'x3.db': { host: '127.0.0.3', ttl: 30 } },
  longttl: { host: '10.0.0.1', ttl: 7200 },
  '4.rails.staging.east': { host: '10.0.1.125', port: 8080 },
  '6.rails.staging.east': { host: '2003::8:1', port: 8080 },
  'a.dup': { host: '10.5.5.5', port: 80 },
  'b.dup': { host: '10.5.5.5', port: 80 },
  'c.dup': { host: '10.5.5.5', port: 443 },
  ...numbered(3, (at) => [`w${at}.weights`, { host: `10.6.0.${at + 1}`, weight: [120, 100, 130][at] }]),
  'w9.weights': { host: '10.6.0.9', weight: 5, priority: 20 },
  'a.tiny': { host: '10.6.1.1', weight: 100_000 },
  'b.tiny': { host: '10.6.1.2', weight: 1 },
  'a.srvs': { host: '10.9.9.9', port: 25, targetstrip: 1 },
  ...numbered(8, (at) => [`c${at}`, { host: `c${at + 1}.skydns.local` }]),
  c8: { host: '10.7.0.1' },
  ...numbered(9, (at) => [`d${at}`, { host: `d${at + 1}.skydns.local` }]),
  d9: { host: '10.7.0.2' },
  loopa: { host: 'loopb.skydns.local' },
  loopb: { host: 'loopa.skydns.local' },
  'a.self': { host: 'self.skydns.local' },
  'b.self': { host: '10.8.8.8' },
  ext: { host: 'www.example.com' },
  'a.mx': { host: '10.4.0.1', mail: true, priority: 20 },
  'b.mx': { host: 'mail.skydns.local', mail: true },
  'c.mx': { host: '10.4.0.3' },
  mail: { host: '10.4.0.9' },
  'a.txt': { text: 'one "quoted"' },
  'b.txt': { host: '10.3.0.1', text: 'y'.repeat(300) },
  'a.group': { host: '10.2.0.1', group: 'g1' },
  'b.sub.group': { host: '10.2.0.2', group: 'g2' },
  'good.sibling': { host: '10.1.0.1' },
  'ns1.ns.dns': { host: '10.0.0.53' },
  'ns2.ns.dns': { host: '2003::53' },
  'apex.dns': { host: '10.0.0.80' },
  'host1.machines': { host: '10.0.0.11' },
  '1.0.0.10.in-addr.arpa.': { host: 'db.skydns.local' },
  '1.0.0.0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.2.ip6.arpa.': { host: 'six.skydns.local', ttl: 9 },
  ...numbered(60, (at) => [`x${String(at).padStart(2, '0')}.many`, { host: `10.0.9.${at + 1}`, port: 1000 + at }]),
  ...numbered(10, (at) => [`x${at}.few`, { host: `10.0.8.${at + 1}`, port: 1000 + at }]),
};

const keyOf = (name: string) =>
  ['/skydns', ...(name.endsWith('.') ? name.slice(0, -1) : `${name}.skydns.local`).split('.').reverse()].join('/');

const records = {
  ...Object.fromEntries(Object.entries(leaves).map(([name, leaf]) => [keyOf(name), leaf])),
  [keyOf('bad.sibling')]: '{"port":"80"}',
};

const soa = (ttl: number) =>
  `skydns.local. ${ttl} IN SOA ns.dns.skydns.local. hostmaster.skydns.local. SERIAL 28800 7200 604800 60`;
const reply = (status: string, flags: string, sections: Partial<Told> = {}): Told => ({
  ...{ status, flags, answer: [], authority: [], additional: [] },
  ...sections,
});
const found = (...answer: string[]) => reply('NOERROR', 'qr aa rd ra', { answer: answer.map(whole) });
const beside = (told: Told, ...additional: string[]): Told => ({ ...told, additional: additional.map(whole) });
const noType = reply('NOERROR', 'qr aa rd ra', { authority: [soa(60)] });
const noName = { ...noType, status: 'NXDOMAIN' };

/** `db 30 A 127.0.0.1` below skydns.local; a name with a final dot is whole already. */
function whole(line: string): string {
  const [name = '', ttl = '', type = '', ...data] = line.split(' ');
  const full = (part: string) => (part === '@' ? 'skydns.local.' : part.endsWith('.') ? part : `${part}.skydns.local.`);
  const named = ['CNAME', 'NS', 'PTR', 'MX', 'SRV'].includes(type);
  const told = named ? [...data.slice(0, -1), full(data.at(-1) ?? '')] : data;
  return [full(name), ttl, 'IN', type, ...told].join(' ');
}

const cut = (status: string, flags: string, answers: number) => ({ status, flags, answers });
const address = (at: number) => `many 3600 A 10.0.9.${at + 1}`;
const service = (at: number, of: number, name: string, width = 1) =>
  `${name} 3600 SRV 10 ${Math.floor(100 / of)} ${1000 + at} x${String(at).padStart(width, '0')}.${name}`;
const upTo = (count: number, line: (at: number) => string) => Array.from({ length: count }, (_, at) => line(at));
const everyAddress = upTo(60, address);

type Row = readonly [
  /** `TYPE name [CLASS] [size=N] [norec]`, the name as in the records; `@` is the zone. */
  question: string,
  /** What is told; over UDP only how much of it, when it does not fit. */
  told: Told,
  overUdp?: ReturnType<typeof cut> | Told,
];

const rows: readonly Row[] = [
  ['A db', found('db 30 A 127.0.0.1', 'db 30 A 127.0.0.2', 'db 30 A 127.0.0.3')],
  ['A x3.db', found('x3.db 30 A 127.0.0.3')],
  ['A longttl', found('longttl 7200 A 10.0.0.1')],
  ['A longttl norec', { ...found('longttl 7200 A 10.0.0.1'), flags: 'qr aa ra' }],
  ['A LongTTL.SkyDNS.Local.', found('LongTTL.SkyDNS.Local. 7200 A 10.0.0.1')],
  ['A staging.east', found('staging.east 3600 A 10.0.1.125')],
  ['AAAA staging.east', found('staging.east 3600 AAAA 2003::8:1')],
  ['A rails.any.east', found('rails.any.east 3600 A 10.0.1.125')],
  ['AAAA *.rails.*.east', found('*.rails.*.east 3600 AAAA 2003::8:1')],
  ['A *.longttl', found('*.longttl 7200 A 10.0.0.1')],
  [
    'SRV staging.east',
    beside(
      found(
        'staging.east 3600 SRV 10 50 8080 4.rails.staging.east',
        'staging.east 3600 SRV 10 50 8080 6.rails.staging.east',
      ),
      '4.rails.staging.east 3600 A 10.0.1.125',
      '6.rails.staging.east 3600 AAAA 2003::8:1',
    ),
  ],
  ['A dup', found('dup 3600 A 10.5.5.5')],
  [
    'SRV dup',
    beside(
      found('dup 3600 SRV 10 50 80 a.dup', 'dup 3600 SRV 10 50 443 c.dup'),
      ...['a.dup 3600 A 10.5.5.5', 'c.dup 3600 A 10.5.5.5'],
    ),
  ],
  [
    'SRV weights',
    beside(
      found(
        ...[34, 28, 37].map((share, at) => `weights 3600 SRV 10 ${share} 0 w${at}.weights`),
        'weights 3600 SRV 20 100 0 w9.weights',
      ),
      ...[0, 1, 2].map((at) => `w${at}.weights 3600 A 10.6.0.${at + 1}`),
      'w9.weights 3600 A 10.6.0.9',
    ),
  ],
  [
    'SRV tiny',
    beside(
      found('tiny 3600 SRV 10 99 0 a.tiny', 'tiny 3600 SRV 10 1 0 b.tiny'),
      ...['a.tiny 3600 A 10.6.1.1', 'b.tiny 3600 A 10.6.1.2'],
    ),
  ],
  ['SRV srvs', beside(found('srvs 3600 SRV 10 100 25 srvs'), 'srvs 3600 A 10.9.9.9')],
  ['A c0', found(...upTo(8, (at) => `c${at} 3600 CNAME c${at + 1}`), 'c8 3600 A 10.7.0.1')],
  ['CNAME c0', found('c0 3600 CNAME c1')],
  ['A d0', noType],
  ['A loopa', noType],
  ['A self', found('self 3600 A 10.8.8.8')],
  ['A a.self', found('a.self 3600 CNAME self', 'self 3600 A 10.8.8.8')],
  [
    'A ext',
    found(
      'ext 60 CNAME www.example.com.',
      'www.example.com. 60 CNAME edge.example.com.',
      'edge.example.com. 60 A 192.0.2.7',
    ),
  ],
  ['AAAA ext', found('ext 3600 CNAME www.example.com.')],
  [
    'SRV ext',
    beside(
      found('ext 3600 SRV 10 100 0 www.example.com.'),
      ...['www.example.com. 60 CNAME edge.example.com.', 'edge.example.com. 60 A 192.0.2.7'],
    ),
  ],
  [
    'MX mx',
    beside(found('mx 3600 MX 20 a.mx', 'mx 3600 MX 10 mail'), ...['a.mx 3600 A 10.4.0.1', 'mail 3600 A 10.4.0.9']),
  ],
  ['TXT a.txt', found('a.txt 3600 TXT "one \\"quoted\\""')],
  ['TXT b.txt', found(`b.txt 3600 TXT "${'y'.repeat(255)}" "${'y'.repeat(45)}"`)],
  ['A txt', found('txt 3600 A 10.3.0.1')],
  ['A a.txt', noType],
  ['SRV a.txt', noType],
  ['A group', found('group 3600 A 10.2.0.1')],
  ['A sub.group', found('sub.group 3600 A 10.2.0.2')],
  ['A sibling', found('sibling 3600 A 10.1.0.1')],
  ['A bad.sibling', noType],
  [
    'NS @',
    beside(
      found('@ 3600 NS ns1.ns.dns', '@ 3600 NS ns2.ns.dns'),
      'ns1.ns.dns 3600 A 10.0.0.53',
      'ns2.ns.dns 3600 AAAA 2003::53',
    ),
  ],
  ['NS db', noType],
  ['NS gone', noName],
  ['SOA @', { ...found(), answer: [soa(3600)] }],
  ['SOA db', noType],
  ['A @', found('@ 3600 A 10.0.0.80')],
  ['A local.dns', found('local.dns 3600 A 10.0.0.11')],
  ['ANY db', found('db 3600 HINFO "RFC8482" ""')],
  ['ANY c0', found('c0 3600 CNAME c1')],
  ['ANY gone', noName],
  ['ANY www.example.com.', reply('REFUSED', 'qr')],
  ['PTR 1.0.0.10.in-addr.arpa.', { ...found('1.0.0.10.in-addr.arpa. 3600 PTR db'), flags: 'qr rd ra' }],
  [
    'PTR 1.0.0.0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.2.ip6.arpa.',
    {
      ...found('1.0.0.0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.3.0.0.2.ip6.arpa. 9 PTR six'),
      flags: 'qr rd ra',
    },
  ],
  ['A gone', noName],
  ['HINFO gone', noName],
  ['SOA gone', noName],
  ['HINFO db', noType],
  ['A *.gone', noName],
  ['A *.db.db', noName],
  ['A nothing.*.db', noType],
  ['A com.', reply('SERVFAIL', 'qr rd ra')],
  ['A edge.example.com.', reply('NOERROR', 'qr rd ra', { answer: ['edge.example.com. 9 IN A 192.0.2.7'] })],
  ['TXT version.bind. CH', reply('NOERROR', 'qr aa rd ra', { answer: ['version.bind. 0 CH TXT "test"'] })],
  ['TXT hostname.bind. CH', reply('NOERROR', 'qr aa rd ra', { answer: ['hostname.bind. 0 CH TXT "localhost"'] })],
  ['TXT unknown.bind. CH', reply('SERVFAIL', 'qr rd')],
  ['A many', found(...everyAddress), cut('NOERROR', 'qr aa tc rd ra', 29)],
  ['A many size=1232', found(...everyAddress)],
  [
    'SRV many size=4096',
    beside(
      found(...upTo(60, (at) => service(at, 60, 'many', 2))),
      ...upTo(60, (at) => `x${String(at).padStart(2, '0')}.many 3600 A 10.0.9.${at + 1}`),
    ),
  ],
  [
    'SRV few',
    beside(
      found(...upTo(10, (at) => service(at, 10, 'few'))),
      ...upTo(10, (at) => `x${at}.few 3600 A 10.0.8.${at + 1}`),
    ),
    found(...upTo(10, (at) => service(at, 10, 'few'))),
  ],
];

/** @param ask sends the question and reads the reply; a serial number is told as `SERIAL` */
export function answersContract(how: string, ask: (question: Asked) => Promise<Told>): void {
  describe(`answers, asked ${how}`, () => {
    const stop = new AbortController();
    let port = 0;
    beforeAll(async () => {
      const upstream = await anUpstream((question) => {
        const isIpv4 = question.readUInt16BE(question.indexOf(0, 12) + 1) === 1;
        const isAlias = question.includes('www', 0, 'latin1');
        return {
          flags: 0x0180,
          answers: [
            ...(isAlias && isIpv4
              ? [{ type: 'CNAME' as const, name: 'www.example.com', data: 'edge.example.com', ttl: 9 }]
              : []),
            ...(isIpv4 ? [{ type: 'A' as const, name: 'edge.example.com', data: '192.0.2.7', ttl: 9 }] : []),
          ],
        };
      }, stop.signal);
      const config = {
        ...{ domain: 'skydns.local', local: 'host1.machines.skydns.local' },
        ...{ nameservers: [upstream.server], roundRobin: false },
      };
      ({ port } = await aServer({ records, config }, stop.signal));
    });
    afterAll(() => stop.abort());

    describe.each(['udp', 'tcp'] as const)('over %s', (transport) => {
      it.each(
        rows.map(([question, told, overUdp]) => ({ question, told: transport === 'udp' ? (overUdp ?? told) : told })),
      )('$question', async ({ question, told }) => {
        const [type = '', name = '', ...more] = question.split(' ');
        // The upstream of this table speaks UDP; what is passed on over TCP is a matter of server.test.ts.
        if (transport === 'tcp' && name === 'edge.example.com.') return;
        const said = await ask({
          ...{ port, type, transport },
          name: name === '@' ? 'skydns.local.' : name.endsWith('.') ? name : `${name}.skydns.local.`,
          class: more.includes('CH') ? 'CH' : 'IN',
          size: more
            .map((option) => /^size=(\d+)$/.exec(option)?.[1])
            .map(Number)
            .find((size) => size > 0),
          recursionDesired: !more.includes('norec'),
        });
        if (!('answers' in told)) expect(said).toEqual(told);
        else expect(cut(said.status, said.flags, said.answer.length)).toEqual(told);
      });
    });
  });
}
