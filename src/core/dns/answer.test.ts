import { describe, expect, it } from 'vitest';
import { type Millis, ms, seconds } from '../base/time.ts';
import { answersTo, ask, aTree, aWorld, type Leaf, replyTo, shown } from './fixtures.ts';
import { upstreamKey } from './inquiry.ts';
import type { DnsRecord } from './message.ts';
import { findStubs } from './stubs.ts';

const denied = 'authority skydns.local 60 SOA ns.dns.skydns.local hostmaster.skydns.local 997200 28800 7200 604800 60';
const positive = 'NOERROR aa rd ra';
const noName = ['NXDOMAIN aa rd ra', denied];
const noType = [positive, denied];

const rails: Readonly<Record<string, Leaf>> = {
  '4.rails.staging.east': { host: '10.0.1.125', port: 8080 },
  '6.rails.staging.east': { host: '2003::8:1', port: 8080 },
};
const chain = (aliases: number): Record<string, Leaf> =>
  Object.fromEntries([
    ...Array.from({ length: aliases }, (_, step) => [`c${step}`, `c${step + 1}.skydns.local`]),
    [`c${aliases}`, '10.0.0.1'],
  ]);
const webapp = { 'redis-1.redis': { host: '172.17.8.103', port: 6379 } };

describe('the zone of the tutorial', () => {
  const world = aWorld(webapp, { domain: 'webapp.dev' });

  it('answers the name of a service and of one of its instances', () => {
    expect(shown(replyTo(world, 'A redis'))).toEqual([positive, 'answer redis.webapp.dev 3600 A 172.17.8.103']);
    expect(answersTo(world, 'A redis-1.redis')).toEqual(['redis-1.redis.webapp.dev 3600 A 172.17.8.103']);
  });

  it('tells the port, and the address beside it', () => {
    expect(shown(replyTo(world, 'SRV redis'))).toEqual([
      positive,
      'answer redis.webapp.dev 3600 SRV 10 100 6379 redis-1.redis.webapp.dev',
      'additional redis-1.redis.webapp.dev 3600 A 172.17.8.103',
    ]);
  });
});

describe('answers', () => {
  it.each<[string, Record<string, Leaf>, string, string[]]>([
    [
      'every leaf below a name, expiring together',
      { 'x1.db': '127.0.0.1', 'x2.db': '127.0.0.2', 'x3.db': { host: '127.0.0.3', ttl: 30 } },
      'A db',
      ['db 30 A 127.0.0.1', 'db 30 A 127.0.0.2', 'db 30 A 127.0.0.3'],
    ],
    [
      'a single TTL above the configured one',
      { longttl: { host: '10.0.0.1', ttl: 7200 } },
      'A longttl',
      ['longttl 7200 A 10.0.0.1'],
    ],
    ['only the family asked for', rails, 'A staging.east', ['staging.east 3600 A 10.0.1.125']],
    ['the other family', rails, 'AAAA staging.east', ['staging.east 3600 AAAA 2003::8:1']],
    ['a wildcard in the middle', rails, 'A rails.any.east', ['rails.any.east 3600 A 10.0.1.125']],
    ['a wildcard at the left', rails, 'A *.rails.staging.east', ['*.rails.staging.east 3600 A 10.0.1.125']],
    ['a wildcard below a leaf: the leaf', { leaf: '10.0.0.1' }, 'A *.leaf', ['*.leaf 3600 A 10.0.0.1']],
    [
      'one of two leaves that say the same',
      { 'a.dup': { host: '10.5.5.5', port: 80 }, 'b.dup': { host: '10.5.5.5', port: 80, ttl: 7 } },
      'A dup',
      ['dup 3600 A 10.5.5.5'],
    ],
    [
      'one address for leaves that differ in their port',
      { 'a.dup': { host: '10.5.5.5', port: 80 }, 'c.dup': { host: '10.5.5.5', port: 443 } },
      'A dup',
      ['dup 3600 A 10.5.5.5'],
    ],
    ['the spelling of the question', { db: '10.0.0.1' }, 'A DB.SkyDNS.Local.', ['DB.SkyDNS.Local 3600 A 10.0.0.1']],
    [
      'a text in pieces of 255 bytes, and none left over',
      { t: { text: 'x'.repeat(510) } },
      'TXT t',
      [`t 3600 TXT "${'x'.repeat(255)}" "${'x'.repeat(255)}"`],
    ],
    ['an alias', { a: 'b.example.com' }, 'CNAME a', ['a 3600 CNAME b.example.com']],
    [
      'mail exchangers, those that take mail',
      { 'a.mx': { host: '10.0.0.1', mail: true, priority: 20 }, 'b.mx': { host: '10.0.0.2' } },
      'MX mx',
      ['mx 3600 MX 20 a.mx.skydns.local'],
    ],
    ['an address given to the zone itself', { 'apex.dns': '10.0.0.9', x: '10.0.0.1' }, 'A @', ['@ 3600 A 10.0.0.9']],
    [
      'the whole zone for its own name',
      { x: '10.0.0.1', 'y.z': '10.0.0.2' },
      'A @',
      ['@ 3600 A 10.0.0.1', '@ 3600 A 10.0.0.2'],
    ],
  ])('%s', (_, leaves, question, expected) => {
    const whole = (line: string) => {
      const [owner = '', ...rest] = line.split(' ');
      const name = owner === '@' ? 'skydns.local' : owner.endsWith('.Local') ? owner : `${owner}.skydns.local`;
      return [name, ...rest].join(' ');
    };
    expect(answersTo(aWorld(leaves), question)).toEqual(expected.map(whole));
  });

  it('the zone in its SOA', () => {
    expect(shown(replyTo(aWorld({}, { ttl: 100 }), 'SOA @'))).toEqual([
      positive,
      'answer skydns.local 100 SOA ns.dns.skydns.local hostmaster.skydns.local 997200 28800 7200 604800 60',
    ]);
  });

  it('its name servers, with their addresses', () => {
    expect(shown(replyTo(aWorld({ 'ns1.ns.dns': '10.0.0.1' }), 'NS @'))).toEqual([
      positive,
      'answer skydns.local 3600 NS ns1.ns.dns.skydns.local',
      'additional ns1.ns.dns.skydns.local 3600 A 10.0.0.1',
    ]);
  });

  it('local.dns with what the local name holds', () => {
    const world = aWorld({ 'host1.machines': '10.0.0.1' }, { local: 'host1.machines.skydns.local' });
    expect(answersTo(world, 'A local.dns')).toEqual(['local.dns.skydns.local 3600 A 10.0.0.1']);
  });

  it('reverse entries, without authority', () => {
    const world = aWorld({ '1.0.0.10.in-addr.arpa.': 'db.skydns.local' });
    expect(shown(replyTo(world, 'PTR 1.0.0.10.in-addr.arpa.'))).toEqual([
      'NOERROR rd ra',
      'answer 1.0.0.10.in-addr.arpa 3600 PTR db.skydns.local',
    ]);
  });

  it('reverse entries of IPv6, nibble by nibble', () => {
    const name = `${[...'20030000000000000000000000080001'].reverse().join('.')}.ip6.arpa`;
    const world = aWorld({ [`${name}.`]: { host: 'db.skydns.local', ttl: 9 } });
    expect(shown(replyTo(world, `PTR ${name.toUpperCase()}.`))).toEqual([
      'NOERROR rd ra',
      `answer ${name.toUpperCase()} 9 PTR db.skydns.local`,
    ]);
  });

  it('no TTL that resolvers would take for none', () => {
    const world = aWorld({ 'a.db': { host: '10.0.0.1', ttl: 0xffff_ffff } });
    expect(answersTo(world, 'A a.db')).toEqual([`a.db.skydns.local ${0x7fff_ffff} A 10.0.0.1`]);
  });

  it('its version, in class CHAOS', () => {
    expect(shown(replyTo(aWorld({}), 'TXT version.bind. CH'))).toEqual([positive, 'answer version.bind 0 TXT "test"']);
    expect(shown(replyTo(aWorld({}), 'TXT other.bind. CH'))).toEqual(['SERVFAIL rd']);
  });
});

describe('services', () => {
  const srv = (leaves: Record<string, Leaf>, question: string) => {
    const { answers, additionals } = replyTo(aWorld(leaves), question);
    const short = (text: string) => text.replaceAll('.skydns.local', '');
    return [...shown({ ...replyTo(aWorld(leaves), question), answers, additionals })].slice(1).map(short);
  };

  it('share a priority by weight, both families beside them', () => {
    expect(srv(rails, 'SRV staging.east')).toEqual([
      'answer staging.east 3600 SRV 10 50 8080 4.rails.staging.east',
      'answer staging.east 3600 SRV 10 50 8080 6.rails.staging.east',
      'additional 4.rails.staging.east 3600 A 10.0.1.125',
      'additional 6.rails.staging.east 3600 AAAA 2003::8:1',
    ]);
  });

  it.each<[string, number[], number[]]>([
    ['one service has all', [0], [100]],
    ['three defaults', [0, 0, 0], [33, 33, 33]],
    ['given weights', [120, 100, 130], [34, 28, 37]],
    ['a tiny share is not nothing', [100_000, 1], [99, 1]],
  ])('%s', (_, weights, shares) => {
    const leaves = Object.fromEntries(weights.map((weight, at) => [`s${at}.w`, { host: `10.0.0.${at + 1}`, weight }]));
    const { answers } = replyTo(aWorld(leaves), 'SRV w');
    expect(answers.map((record) => (record.type === 'SRV' ? record.data.weight : 0))).toEqual(shares);
  });

  it('keep each priority to itself', () => {
    const leaves = { 'a.w': { host: '10.0.0.1', weight: 120 }, 'b.w': { host: '10.0.0.2', weight: 5, priority: 20 } };
    expect(srv(leaves, 'SRV w').slice(0, 2)).toEqual([
      'answer w 3600 SRV 10 100 0 a.w',
      'answer w 3600 SRV 20 100 0 b.w',
    ]);
  });

  it('cut labels from a target made of the key, in both places', () => {
    expect(srv({ 'a.srvs': { host: '10.9.9.9', port: 25, targetstrip: 1 } }, 'SRV srvs')).toEqual([
      'answer srvs 3600 SRV 10 100 25 srvs',
      'additional srvs 3600 A 10.9.9.9',
    ]);
    expect(srv({ 'a.srvs': { host: '10.9.9.9', targetstrip: 9 } }, 'SRV srvs')[0]).toContain('a.srvs');
  });

  it('resolve a target in the zone whatever its spelling', () => {
    expect(srv({ 'a.s': { host: 'DB.skydns.local', port: 1 }, db: '10.0.0.1' }, 'SRV s')).toEqual([
      'answer s 3600 SRV 10 100 1 DB',
      'additional DB 3600 A 10.0.0.1',
    ]);
  });

  it('stand without addresses when the target has none', () => {
    expect(srv({ 'a.s': { host: 'gone.skydns.local', port: 1 } }, 'SRV s')).toEqual([
      'answer s 3600 SRV 10 100 1 gone',
    ]);
  });
});

describe('aliases', () => {
  it('are followed eight times', () => {
    expect(replyTo(aWorld(chain(8)), 'A c0').answers.map(({ type }) => type)).toEqual([
      ...new Array(8).fill('CNAME'),
      'A',
    ]);
    expect(shown(replyTo(aWorld(chain(9)), 'A c0'))).toEqual(noType);
  });

  it.each<[string, Record<string, Leaf>, string]>([
    ['that lead in a circle', { loopa: 'loopb.skydns.local', loopb: 'loopa.skydns.local' }, 'A loopa'],
    ['to nothing in the zone', { a: 'gone.skydns.local' }, 'A a'],
    ['outside, when nobody can be asked', { a: 'example.com' }, 'A a'],
  ])('%s are no answer', (_, leaves, question) => {
    expect(shown(replyTo(aWorld(leaves), question))).toEqual(noType);
  });

  it('to the name itself are skipped, at the name and below', () => {
    const world = aWorld({ 'a.self': 'self.skydns.local', 'b.self': '10.8.8.8' });
    expect(answersTo(world, 'A self')).toEqual(['self.skydns.local 3600 A 10.8.8.8']);
    expect(answersTo(world, 'A a.self')).toEqual([
      'a.self.skydns.local 3600 CNAME self.skydns.local',
      'self.skydns.local 3600 A 10.8.8.8',
    ]);
  });

  it('leave one per name, the last, and nothing of what another led to', () => {
    const world = aWorld({ 'a.x': 'n1.skydns.local', 'b.x': 'n2.skydns.local', n1: '10.0.0.1', n2: '10.0.0.2' });
    expect(answersTo(world, 'A x')).toEqual([
      'x.skydns.local 3600 CNAME n2.skydns.local',
      'n2.skydns.local 3600 A 10.0.0.2',
    ]);
  });

  it('that fan out without end cost no more than a bounded search', () => {
    const names = Array.from({ length: 40 }, (_, at) => `n${at}`);
    const leaves = Object.fromEntries(
      names.flatMap((from) => names.map((to) => [`${to}.${from}`, `${to}.skydns.local`])),
    );
    expect(shown(replyTo(aWorld(leaves), 'A n0'))).toEqual(noType);
  });
});

describe('targets elsewhere', () => {
  const config = { nameservers: ['192.0.2.1:53'] };
  const upstream = (records: readonly DnsRecord[] | 'failed', type: 'A' | 'AAAA' = 'A') =>
    [upstreamKey({ name: 'www.example.com', type }), records] as const;
  const elsewhere: DnsRecord[] = [
    { name: 'www.example.com', type: 'CNAME', ttl: 9, data: 'edge.example.com' },
    { name: 'edge.example.com', type: 'A', ttl: 9, data: '192.0.2.7' },
  ];
  const leaves = { ext: 'www.example.com' };

  it('are asked for', () => {
    expect(ask(aWorld(leaves, config), 'A ext')).toEqual({
      kind: 'ask',
      questions: [{ name: 'www.example.com', type: 'A' }],
    });
  });

  it('complete the answer, with the TTL of forwarded answers', () => {
    const world = aWorld(leaves, config, { upstream: new Map([upstream(elsewhere)]) });
    expect(answersTo(world, 'A ext')).toEqual([
      'ext.skydns.local 60 CNAME www.example.com',
      'www.example.com 60 CNAME edge.example.com',
      'edge.example.com 60 A 192.0.2.7',
    ]);
  });

  it('leave the alias alone when they have no such address', () => {
    const world = aWorld(leaves, config, { upstream: new Map([upstream([])]) });
    expect(answersTo(world, 'A ext')).toEqual(['ext.skydns.local 3600 CNAME www.example.com']);
  });

  it('leave nothing when nobody answers', () => {
    const world = aWorld(leaves, config, { upstream: new Map([upstream('failed')]) });
    expect(shown(replyTo(world, 'A ext'))).toEqual(noType);
  });

  it('stand beside a service with both families and one chain', () => {
    const ipv6: DnsRecord[] = [
      elsewhere[0] as DnsRecord,
      { name: 'edge.example.com', type: 'AAAA', ttl: 9, data: '::7' },
    ];
    const world = aWorld(leaves, config, { upstream: new Map([upstream(elsewhere), upstream(ipv6, 'AAAA')]) });
    expect(shown(replyTo(world, 'SRV ext')).slice(2)).toEqual([
      'additional www.example.com 60 CNAME edge.example.com',
      'additional edge.example.com 60 A 192.0.2.7',
      'additional edge.example.com 60 AAAA ::7',
    ]);
  });

  it('are looked for in the own tree first, even outside the zone', () => {
    const world = aWorld({ ...leaves, 'www.example.com.': '10.0.0.1' }, config);
    expect(answersTo(world, 'A ext')).toEqual([
      'ext.skydns.local 3600 CNAME www.example.com',
      'www.example.com 3600 A 10.0.0.1',
    ]);
  });
});

describe('a question for everything', () => {
  const leaves = { 'a.db': '10.0.0.1', 'b.db': '10.0.0.2', alias: 'db.skydns.local' };
  const instead = (name: string) => [positive, `answer ${name} 3600 HINFO "RFC8482" ""`];

  it.each([
    ['db', 'db.skydns.local'],
    ['DB', 'DB.skydns.local'],
    ['@', 'skydns.local'],
    ['*.db', '*.db.skydns.local'],
  ])('gets one small record, whatever %s holds', (name, owner) => {
    expect(shown(replyTo(aWorld(leaves), `ANY ${name}`))).toEqual(instead(owner));
  });

  it('is told an alias, and that a name does not exist', () => {
    expect(answersTo(aWorld(leaves), 'ANY alias')).toEqual(['alias.skydns.local 3600 CNAME db.skydns.local']);
    expect(shown(replyTo(aWorld(leaves), 'ANY gone'))).toEqual(noName);
  });
});

describe('stub zones', () => {
  const stubs = new Map([
    ['example.com', ['192.0.2.1:53']],
    ['lab.example.com', ['192.0.2.2:53']],
    ['stubbed.skydns.local', ['192.0.2.3:54']],
  ]);
  const world = aWorld({ 'a.stubbed': '10.0.0.1' }, { nameservers: ['192.0.2.9:53'] }, { stubs });

  it.each([
    ['A example.com.', ['192.0.2.1:53']],
    ['A www.Example.COM.', ['192.0.2.1:53']],
    ['A a.b.lab.example.com.', ['192.0.2.2:53']],
    ['SOA stubbed', ['192.0.2.3:54']],
    ['A a.stubbed', ['192.0.2.3:54']],
  ])('%s goes to the servers of the smallest zone', (question, servers) => {
    expect(ask(world, question)).toEqual({ kind: 'stub', servers });
  });

  it('have none of the names that only look alike', () => {
    expect(ask(world, 'A myexample.com.').kind).toBe('forward');
    expect(ask(world, 'A com.').kind).toBe('reply');
    expect(shown(replyTo(world, 'ANY www.example.com.'))).toEqual(['REFUSED']);
  });

  it('are read from the tree', () => {
    const tree = aTree({
      'ns1.example.com.stub.dns': { host: '192.0.2.1', port: 54 },
      'ns2.example.com.stub.dns': '2001:db8::1',
      'ns1.Lab.stub.dns': '192.0.2.2',
      'ns1.stub.dns': '192.0.2.3',
      'ns1.local.dns.skydns.local.stub.dns': '192.0.2.4',
      'named.example.com.stub.dns': 'ns.example.com',
    });
    const { stubs, mistakes } = findStubs(tree, 'skydns.local');
    expect(Object.fromEntries(stubs)).toEqual({
      'example.com': ['192.0.2.1:54', '[2001:db8::1]:53'],
      lab: ['192.0.2.2:53'],
    });
    expect(mistakes.map(({ key, because }) => [key.replace('/skydns/local/skydns/dns/stub/', ''), because])).toEqual([
      ['com/example/named', 'the host is no address'],
      ['local/skydns/dns/local/ns1', 'local.dns is always answered here'],
      ['ns1', 'the key names no zone'],
    ]);
  });

  it('are none when nobody listed any', () => {
    expect(findStubs(aTree({ db: '10.0.0.1' }), 'skydns.local')).toEqual({ stubs: new Map(), mistakes: [] });
  });
});

describe('negative answers', () => {
  const leaves: Record<string, Leaf> = { 'x.db': '10.0.0.1', t: { text: 'only text' } };
  it.each<[string, string, string[]]>([
    ['a missing name', 'A gone', noName],
    ['a missing name, whatever is asked', 'HINFO gone', noName],
    ['a missing name asked for its SOA', 'SOA gone', noName],
    ['a missing name asked for its name servers', 'NS gone', noName],
    ['a name without that type', 'AAAA db', noType],
    ['a name without that type, another', 'HINFO db', noType],
    ['a directory asked for its alias', 'CNAME db', noType],
    ['an address asked for its alias', 'CNAME x.db', noType],
    ['a text has no address', 'A t', noType],
    ['a text is no service', 'SRV t', noType],
    ['a wildcard that matches nothing below a name that exists', 'A y.*.db', noType],
    ['a wildcard below a name that does not', 'A *.gone', noName],
    ['the zone exists without name servers', 'NS @', noType],
    ['the zone exists without text', 'TXT @', [positive, 'answer skydns.local 3600 TXT "only text"']],
  ])('%s', (_, question, expected) => {
    expect(shown(replyTo(aWorld(leaves), question))).toEqual(expected);
  });

  it('says that an empty zone exists', () => {
    expect(shown(replyTo(aWorld({}), 'A @'))).toEqual(noType);
  });

  it('voids name servers that are not addresses', () => {
    expect(shown(replyTo(aWorld({ 'a.ns.dns': '10.0.0.1', 'b.ns.dns': 'x.y' }), 'NS @'))).toEqual(noType);
  });
});

describe('refusing and forwarding', () => {
  it.each(['ANY www.example.com.', 'AXFR @', 'IXFR db', 'AXFR www.example.com.'])('refuses %s', (question) => {
    expect(shown(replyTo(aWorld({ db: '10.0.0.1' }, { nameservers: ['192.0.2.1:53'] }), question))).toEqual([
      'REFUSED',
    ]);
  });

  it.each([
    ['www.example.com', { nameservers: ['192.0.2.1:53'] }, 'forward'],
    ['x.*.local', { nameservers: ['192.0.2.1:53'] }, 'forward'],
    ['1.0.0.10.in-addr.arpa', { nameservers: ['192.0.2.1:53'] }, 'forward'],
  ])('forwards %s', (name, config, kind) => {
    expect(ask(aWorld({}, config), `A ${name}.`).kind).toBe(kind);
  });

  it.each([
    ['a name with too few labels', 'com', { nameservers: ['192.0.2.1:53'] }, ['SERVFAIL rd ra']],
    ['when there is nobody to ask', 'www.example.com', {}, ['SERVFAIL rd ra']],
    ['when told not to', 'www.example.com', { nameservers: ['192.0.2.1:53'], noForwarding: true }, ['SERVFAIL rd']],
  ])('fails %s', (_, name, config, expected) => {
    expect(shown(replyTo(aWorld({}, config), `A ${name}.`))).toEqual(expected);
  });

  it('forwards what is asked of a reverse entry besides its name', () => {
    const world = aWorld({ '1.0.0.10.in-addr.arpa.': 'db.skydns.local' }, { nameservers: ['192.0.2.1:53'] });
    expect(ask(world, 'TXT 1.0.0.10.in-addr.arpa.').kind).toBe('forward');
    expect(ask(world, 'SOA 10.in-addr.arpa.').kind).toBe('forward');
  });

  it('forwards a reverse question whose entry has no name to tell', () => {
    const world = aWorld({ '1.0.0.10.in-addr.arpa.': '10.0.0.1' }, { nameservers: ['192.0.2.1:53'] });
    expect(ask(world, 'PTR 1.0.0.10.in-addr.arpa.').kind).toBe('forward');
  });

  it('forwards reverse questions that it has no entry for', () => {
    const world = aWorld({ '1.0.0.10.in-addr.arpa.': 'db.skydns.local' }, { nameservers: ['192.0.2.1:53'] });
    expect(ask(world, 'PTR 2.0.0.10.in-addr.arpa.').kind).toBe('forward');
    expect(ask(world, 'PTR *.0.0.10.in-addr.arpa.').kind).toBe('forward');
    expect(ask(world, 'PTR 0.0.10.in-addr.arpa.').kind).toBe('forward');
  });
});

describe('before the store was ever read', () => {
  const world = aWorld({}, {}, { tree: undefined });

  it('denies nothing', () => {
    for (const type of ['A', 'SRV', 'TXT', 'MX', 'NS', 'CNAME', 'HINFO']) {
      expect(shown(replyTo(world, `${type} db`))).toEqual(['SERVFAIL rd']);
    }
  });

  it('knows its own zone', () => {
    expect(replyTo(world, 'SOA @').rcode).toBe('NOERROR');
  });
});

describe('records that expire', () => {
  const at = (now: Millis) =>
    aWorld({}, {}, { now, tree: aTree({ db: { host: '10.0.0.1', ttl: 5 } }, 'skydns.local', seconds(8)) });

  it.each([
    [0, 5],
    [3_000, 5],
    [3_001, 5],
    [4_000, 4],
    [7_001, 1],
  ])('count down: at %i ms the TTL is %i', (now, ttl) => {
    expect(answersTo(at(ms(now)), 'A db')).toEqual([`db.skydns.local ${ttl} A 10.0.0.1`]);
    expect(ask(at(ms(now)), 'A db')).toMatchObject({ steady: 'this second' });
  });

  it('are gone when their time is over, even if nobody said so', () => {
    expect(shown(replyTo(at(seconds(8)), 'A db'))).toEqual(noType);
  });
});

describe('round robin', () => {
  const leaves = { 'a.db': '10.0.0.1', 'b.db': '10.0.0.2', 'c.db': '10.0.0.3' };

  it('takes its order from chance', () => {
    const world = aWorld(leaves, {}, { choose: () => 0 });
    expect(answersTo(world, 'A db').map((line) => line.split(' ').at(-1))).toEqual([
      '10.0.0.2',
      '10.0.0.3',
      '10.0.0.1',
    ]);
    expect(ask(world, 'A db')).toMatchObject({ shuffled: true, steady: 'always' });
  });

  it('keeps the order of the keys when off', () => {
    const world = aWorld(leaves, { roundRobin: false }, { choose: () => 0 });
    expect(answersTo(world, 'A db').map((line) => line.split(' ').at(-1))).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
    ]);
    expect(ask(world, 'A db')).toMatchObject({ shuffled: false });
  });

  it('puts no address before the alias that leads to it', () => {
    const world = aWorld({ x: 'db.skydns.local', ...leaves }, {}, { choose: () => 0 });
    expect(replyTo(world, 'A x').answers.map(({ type }) => type)).toEqual(['CNAME', 'A', 'A', 'A']);
  });
});
