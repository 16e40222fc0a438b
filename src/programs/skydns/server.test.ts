import { createSocket } from 'node:dgram';
import { decode, encode, type Packet } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import {
  anUpstream as anUpstreamUntil,
  aServersWorld,
  aServer as aServerUntil,
  asked,
  edns,
  overTcp,
  overUdp,
  question,
  type Setting,
  until,
} from './fixtures.ts';
import { startDnsServer } from './server.ts';
import { listenForStreams } from './streams.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});
const stopping = () => {
  const stop = new AbortController();
  stops.push(stop);
  return stop.signal;
};
const aServer = (setting: Setting = {}) => aServerUntil(setting, stopping());
const anUpstream = (reply: (packet: Buffer) => Packet | undefined) => anUpstreamUntil(reply, stopping());

const addressesOf = async (port: number, text: string) =>
  (await asked(port, text)).answers?.map((one) => 'data' in one && one.data);

const redis = { '/skydns/dev/webapp/redis/redis-1': { host: '172.17.8.103', port: 6379 } };
const bad = { '/skydns/dev/webapp/redis/bad': '{"port":"80"}' };

describe('skydns', () => {
  it('answers what the store holds, with the flags and the size that the tutorial shows', async () => {
    const { port } = await aServer({ records: redis });
    const reply = await overUdp(port, question('A redis.webapp.dev'));
    expect(reply).toHaveLength(50);
    expect(decode(reply)).toMatchObject({
      flag_aa: true,
      flag_rd: true,
      flag_ra: true,
      answers: [{ name: 'redis.webapp.dev', ttl: 3600, data: '172.17.8.103' }],
      authorities: [],
      additionals: [],
    });
  });

  it('follows the store: a record that moves answers with its new address, and one that goes is denied', async () => {
    const { port, store } = await aServer({ records: redis });
    const key = '/skydns/dev/webapp/redis/redis-1';
    expect(await addressesOf(port, 'A redis.webapp.dev')).toEqual(['172.17.8.103']);
    await store.put(key, '{"host":"172.17.8.102","port":6379}');
    await until(
      () => addressesOf(port, 'A redis.webapp.dev'),
      (addresses) => addresses?.[0] === '172.17.8.102',
    );
    await store.remove(key);
    const denied = await until(
      () => asked(port, 'A redis.webapp.dev'),
      ({ answers }) => answers?.length === 0,
    );
    expect(denied).toMatchObject({ rcode: 'NXDOMAIN', authorities: [{ type: 'SOA' }] });
  });

  it('gives every asker of the same question its own id back', async () => {
    const { port } = await aServer({ records: redis });
    for (const id of [1, 2, 65_535]) {
      expect(decode(await overUdp(port, question('A redis.webapp.dev', { id })))).toMatchObject({
        id,
        rcode: 'NOERROR',
      });
    }
  });

  it('reports a record that cannot be read, and answers from the others', async () => {
    const { port, warnings } = await aServer({ records: { ...redis, ...bad } });
    expect(await addressesOf(port, 'A redis.webapp.dev')).toEqual(['172.17.8.103']);
    expect(warnings()).toEqual([
      {
        event: 'record skipped',
        key: '/skydns/dev/webapp/redis/bad',
        because: 'port must be a whole number from 0 to 65535',
      },
    ]);
  });

  it('serves what it knows while the store is away, and what is new when it is back', async () => {
    const { port, store, warnings, clock } = await aServer({ records: redis });
    store.line.cut();
    await until(warnings, (events) => events.some(({ event }) => event.startsWith('records out of reach')));
    expect(await addressesOf(port, 'A redis.webapp.dev')).toEqual(['172.17.8.103']);
    store.line.mend();
    await store.put('/skydns/dev/webapp/redis/redis-2', '{"host":"172.17.8.102"}');
    await until(
      async () => {
        await clock.advance(ms(100));
        return addressesOf(port, 'A redis.webapp.dev');
      },
      (addresses) => addresses?.length === 2,
    );
  });

  it('fails, and denies nothing, as long as it never could read the store', async () => {
    const parts = aServersWorld({});
    const { clock, store } = parts;
    store.line.cut();
    const starting = startDnsServer(parts, stopping());
    await clock.advance(seconds(2));
    const port = Number((await starting).address.split(':').at(-1));
    expect(await asked(port, 'A redis.webapp.dev')).toMatchObject({ rcode: 'SERVFAIL' });
    expect(await asked(port, 'SOA webapp.dev')).toMatchObject({ rcode: 'NOERROR' });
  });
});

describe('over TCP', () => {
  it('answers several questions of one connection, however their bytes arrive', async () => {
    const { port } = await aServer({ records: redis });
    const replies = await overTcp(port, [
      question('A redis.webapp.dev', { id: 1 }),
      question('SRV redis.webapp.dev', { id: 2 }),
    ]);
    expect(replies.map((reply) => decode(reply))).toMatchObject([
      { id: 1, answers: [{ type: 'A' }] },
      { id: 2, answers: [{ type: 'SRV' }], additionals: [{ type: 'A' }] },
    ]);
  });

  it('sends what UDP had to cut', async () => {
    const records = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`/skydns/dev/webapp/many/x${at}`, { host: `10.0.0.${at + 1}` }]),
    );
    const { port } = await aServer({ records });
    expect(await asked(port, 'A many.webapp.dev')).toMatchObject({ flag_tc: true });
    const [reply] = await overTcp(port, [question('A many.webapp.dev')]);
    expect(decode(reply ?? Buffer.alloc(0)).answers).toHaveLength(60);
  });
});

describe('/skydns/config', () => {
  it('is laid over the options at the start, and followed', async () => {
    const { port, store, warnings } = await aServer({ records: { ...redis, '/skydns/config': { ttl: 120 } } });
    const ttl = async () => (await asked(port, 'A redis.webapp.dev')).answers?.map((one) => 'ttl' in one && one.ttl)[0];
    expect(await ttl()).toBe(120);
    await store.put('/skydns/config', '{"ttl":30}');
    await until(ttl, (seen) => seen === 30);
    await store.put('/skydns/config', '{"ttl":"thirty"}');
    await until(warnings, (events) => events.length > 0);
    expect(await ttl()).toBe(30);
    await store.remove('/skydns/config');
    await until(ttl, (seen) => seen === 3600);
  });

  it('moves the zone, the servers and what is remembered along', async () => {
    const { server } = await anUpstream(() => ({ answers: [] }));
    const records = { ...redis, '/skydns/dev/other/db': { host: '10.0.0.1' } };
    const { port, store, warnings } = await aServer({ records });
    expect(await asked(port, 'A db.other.dev')).toMatchObject({ rcode: 'SERVFAIL' });
    await store.put('/skydns/config', JSON.stringify({ domain: 'other.dev', nameservers: [server] }));
    await until(
      () => asked(port, 'A db.other.dev'),
      ({ answers }) => answers?.length === 1,
    );
    expect(await asked(port, 'A redis.webapp.dev')).toMatchObject({ rcode: 'NOERROR', answers: [], flag_aa: false });
    await store.put('/skydns/config', '{"dns_addr":"127.0.0.1:1"}');
    await until(warnings, (events) => events.length > 0);
    expect(warnings()).toMatchObject([{ event: 'another address takes effect at the next start' }]);
  });

  it('ends the start when it cannot be read', async () => {
    await expect(aServer({ records: { '/skydns/config': '{' } })).rejects.toMatchObject({
      code: 'DNS_CONFIG_UNDECODABLE',
    });
  });
});

describe('forwarding', () => {
  const www: Packet = { answers: [{ type: 'A', name: 'www.example.com', data: '192.0.2.7', ttl: 9 }] };

  it('passes on what is not ours, as it came, and the reply as it came back', async () => {
    const { server, seen } = await anUpstream(() => www);
    const { port } = await aServer({ config: { nameservers: [server] } });
    const packet = question('A www.example.com', { id: 4_711 });
    const reply = decode(await overUdp(port, packet));
    expect(reply).toMatchObject({ id: 4_711, flag_aa: false, answers: [{ data: '192.0.2.7', ttl: 9 }] });
    expect(seen).toEqual([packet]);
  });

  it('tries the next server when one says nothing', async () => {
    const silent = await anUpstream(() => undefined);
    const { server } = await anUpstream(() => www);
    const { port, clock } = await aServer({
      config: { nameservers: [silent.server, server], rotateNameservers: false },
    });
    const reply = overUdp(port, question('A www.example.com'));
    await until(
      () => silent.seen.length,
      (count) => count > 0,
    );
    await clock.advance(seconds(2));
    expect(decode(await reply)).toMatchObject({ answers: [{ data: '192.0.2.7' }] });
  });

  it('says at once that it failed when nobody listens', async () => {
    const { port } = await aServer({ config: { nameservers: ['127.0.0.1:1'] } });
    expect(await asked(port, 'A www.example.com')).toMatchObject({ rcode: 'SERVFAIL', flag_ra: true });
  });

  it('believes a server that fails twice', async () => {
    const { server, seen } = await anUpstream(() => ({ flags: 2 }));
    const { port } = await aServer({ config: { nameservers: [server] } });
    expect(await asked(port, 'A www.example.com')).toMatchObject({ rcode: 'SERVFAIL' });
    expect(seen).toHaveLength(2);
  });

  it('does not take an answer to another question', async () => {
    const { server } = await anUpstream((packet) =>
      packet.length > 0 ? { ...www, questions: [{ type: 'A', name: 'www.example.org' }] } : undefined,
    );
    const { port, clock } = await aServer({ config: { nameservers: [server] } });
    let isAnswered = false;
    const reply = overUdp(port, question('A www.example.com')).finally(() => {
      isAnswered = true;
    });
    await until(
      () => clock.advance(seconds(1)),
      () => isAnswered,
    );
    expect(decode(await reply)).toMatchObject({ rcode: 'SERVFAIL' });
  });

  it('keeps forwarded replies when told to, with the id of each asker', async () => {
    const { server, seen } = await anUpstream(() => www);
    const { port, clock } = await aServer({ config: { nameservers: [server], cacheSize: 10 } });
    for (const id of [1, 2])
      expect(decode(await overUdp(port, question('A www.example.com', { id })))).toMatchObject({ id });
    expect(seen).toHaveLength(1);
    await clock.advance(seconds(60));
    await overUdp(port, question('A www.example.com'));
    expect(seen).toHaveLength(2);
  });

  it('sends nobody more over UDP than was asked for, whatever the other server says', async () => {
    const answers = Array.from({ length: 60 }, (_, at) => ({
      ...{ type: 'A' as const, name: 'www.example.com', data: `192.0.2.${at}`, ttl: 9 },
    }));
    const { server } = await anUpstream(() => ({ answers }));
    const { port } = await aServer({ config: { nameservers: [server] } });
    const packet = question('A www.example.com');
    const reply = await overUdp(port, packet);
    expect(reply).toHaveLength(packet.length);
    expect(decode(reply)).toMatchObject({ rcode: 'NOERROR', flag_tc: true, flag_ra: true, answers: [] });
    const roomy = question('A www.example.com', { additionals: [edns(4096)] });
    expect(decode(await overUdp(port, roomy)).answers).toHaveLength(60);
  });

  it('goes over TCP for who asks over TCP', async () => {
    const packet = question('A www.example.com', { id: 5 });
    const reply = encode({ ...www, type: 'response', id: 5, questions: [{ type: 'A', name: 'www.example.com' }] });
    const heard: Buffer[] = [];
    const respond = (bytes: Buffer) => {
      heard.push(bytes);
      return reply;
    };
    const server = await listenForStreams('127.0.0.1:0', { respond, log: memoryLog() }, stopping());
    const { port } = await aServer({ config: { nameservers: [server] } });
    expect(await overTcp(port, [packet])).toEqual([reply]);
    expect(heard).toEqual([packet]);
  });

  it('fetches over TCP what UDP cuts, to complete an answer of ours', async () => {
    const { server, port: theirs } = await anUpstream(() => ({ flags: 0x0200 }));
    const respond = (bytes: Buffer) => {
      const { id, questions } = decode(bytes);
      return encode({ ...www, type: 'response', id: id ?? 0, questions: questions ?? [] });
    };
    await listenForStreams(`127.0.0.1:${theirs}`, { respond, log: memoryLog() }, stopping());
    const records = { '/skydns/dev/webapp/ext': { host: 'www.example.com' } };
    const { port } = await aServer({ records, config: { nameservers: [server] } });
    expect((await asked(port, 'A ext.webapp.dev')).answers).toMatchObject([{ type: 'CNAME' }, { data: '192.0.2.7' }]);
  });

  it('completes an alias of ours with what another server knows', async () => {
    const { server } = await anUpstream(() => www);
    const records = { '/skydns/dev/webapp/ext': { host: 'www.example.com' } };
    const { port } = await aServer({ records, config: { nameservers: [server] } });
    expect((await asked(port, 'A ext.webapp.dev')).answers).toMatchObject([
      { type: 'CNAME', data: 'www.example.com', ttl: 60 },
      { type: 'A', data: '192.0.2.7', ttl: 60 },
    ]);
  });
});

describe('EDNS', () => {
  it('is answered without, as SkyDNS does, and takes a larger reply', async () => {
    const records = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`/skydns/dev/webapp/many/x${at}`, { host: `10.0.0.${at + 1}` }]),
    );
    const { port } = await aServer({ records });
    const reply = decode(await overUdp(port, question('A many.webapp.dev', { additionals: [edns(1232)] })));
    expect(reply).toMatchObject({ flag_tc: false, additionals: [] });
    expect(reply.answers).toHaveLength(60);
  });

  it('of a later version is told ours', async () => {
    const { port } = await aServer({ records: redis });
    const later = question('A redis.webapp.dev', { additionals: [edns(1232, { ednsVersion: 1 })] });
    const reply = await overUdp(port, later);
    expect(reply.length).toBeLessThanOrEqual(later.length);
    expect(decode(reply)).toMatchObject({
      questions: [{ name: 'redis.webapp.dev' }],
      answers: [],
      additionals: [{ type: 'OPT', extendedRcode: 1, ednsVersion: 0 }],
    });
  });

  it('has options that we do not know ignored', async () => {
    const { port } = await aServer({ records: redis });
    const cookie = { code: 10, data: Buffer.from('0123456789abcdef', 'hex') };
    const reply = await overUdp(
      port,
      question('A redis.webapp.dev', { additionals: [edns(512, { options: [cookie] })] }),
    );
    expect(decode(reply)).toMatchObject({ rcode: 'NOERROR', answers: [{ data: '172.17.8.103' }] });
  });
});

describe('stub zones', () => {
  const reply: Packet = { answers: [{ type: 'A', name: 'www.example.com', data: '192.0.2.7', ttl: 9 }] };
  const entry = (port: number) => ({ host: '127.0.0.1', port });
  const key = '/skydns/dev/webapp/dns/stub/com/example/ns1';
  const mark = { code: 65_011, data: Buffer.from([1]) };
  const optionsOf = (packet: Buffer | undefined) => {
    const [opt] = decode(packet ?? Buffer.alloc(0)).additionals ?? [];
    return opt?.type === 'OPT' ? opt.options.map(({ code, data }) => ({ code, data })) : undefined;
  };

  it('get the questions below them, marked, and who asked without EDNS gets none back', async () => {
    const { port: theirs, seen } = await anUpstream(() => ({ ...reply, additionals: [edns(1232)] }));
    const { port } = await aServer({ records: { [key]: entry(theirs) }, stubZones: true });
    const answer = decode(await overUdp(port, question('A www.example.com', { id: 77 })));
    expect(answer).toMatchObject({ id: 77, answers: [{ data: '192.0.2.7', ttl: 9 }], additionals: [] });
    expect(decode(seen[0] ?? Buffer.alloc(0))).toMatchObject({ id: 77, questions: [{ name: 'www.example.com' }] });
    expect(optionsOf(seen[0])).toEqual([mark]);
  });

  it('get the EDNS of who asked with it, and the mark beside its options', async () => {
    const { port: theirs, seen } = await anUpstream(() => ({ ...reply, additionals: [edns(1232)] }));
    const { port } = await aServer({ records: { [key]: entry(theirs) }, stubZones: true });
    const option = { code: 65_001, data: Buffer.from([7, 7]) };
    const opt = edns(1400, { flag_do: true, flags: 0x8000, options: [option] });
    const answer = decode(await overUdp(port, question('A www.example.com', { additionals: [opt] })));
    expect(answer.additionals).toMatchObject([{ type: 'OPT' }]);
    expect(optionsOf(seen[0])).toEqual([option, mark]);
    expect(decode(seen[0] ?? Buffer.alloc(0)).additionals).toMatchObject([{ udpPayloadSize: 1400, flag_do: true }]);
  });

  it('are not asked again by a question that went through them', async () => {
    const { port: theirs, seen } = await anUpstream(() => reply);
    const { port, warnings } = await aServer({ records: { ...redis, [key]: entry(theirs) }, stubZones: true });
    const marked = question('A www.example.com', { id: 1, additionals: [edns(512, { options: [mark] })] });
    const [answer] = await overTcp(port, [marked]);
    expect(answer).toBeUndefined();
    expect(seen).toEqual([]);
    expect(warnings()).toMatchObject([{ event: 'question dropped that comes round through stub zones' }]);
  });

  it('fail at once when their servers do', async () => {
    const { port } = await aServer({ records: { [key]: entry(1) }, stubZones: true });
    expect(await asked(port, 'A www.example.com')).toMatchObject({ rcode: 'SERVFAIL', flag_ra: true });
  });

  it('follow the store', async () => {
    const { port: theirs } = await anUpstream(() => reply);
    const { port, store, log } = await aServer({ records: { [key]: entry(theirs) }, stubZones: true });
    const rcode = async () => (await asked(port, 'A www.example.com')) as { rcode?: string };
    expect((await rcode()).rcode).toBe('NOERROR');
    await store.remove(key);
    await until(rcode, (answer) => answer.rcode === 'SERVFAIL');
    await store.put(key, JSON.stringify(entry(theirs)));
    await until(rcode, (answer) => answer.rcode === 'NOERROR');
    const updates = log.events.filter(({ event }) => event === 'stubzone update');
    expect(updates.map(({ facts }) => facts)).toEqual([
      { zones: 'example.com' },
      { zones: '' },
      { zones: 'example.com' },
    ]);
  });

  it('report an entry that names no server, and are off unless asked for', async () => {
    const records = { [key]: { host: 'ns.example.com' } };
    const { warnings } = await aServer({ records, stubZones: true });
    expect(warnings()).toEqual([{ event: 'stub zone skipped', key, because: 'the host is no address' }]);
    const { port: theirs, seen } = await anUpstream(() => reply);
    const { port } = await aServer({ records: { [key]: entry(theirs) } });
    expect(await asked(port, 'A www.example.com')).toMatchObject({ rcode: 'SERVFAIL' });
    expect(seen).toEqual([]);
  });
});

describe('the log', () => {
  it('says where and for what the server is ready', async () => {
    const { log, address } = await aServer({ config: { cacheSize: 5 } });
    const lines = log.events.map(({ event }) => event).filter((event) => event.startsWith('ready'));
    expect(lines).toEqual([
      `ready for queries on webapp.dev. for tcp://${address} [rcache 5]`,
      `ready for queries on webapp.dev. for udp://${address} [rcache 5]`,
    ]);
  });

  it('has every question when told to, remembered ones too', async () => {
    const { port, log } = await aServer({ records: redis, verbose: true });
    for (const id of [1, 2]) await overUdp(port, question('A Redis.webapp.dev', { id }));
    const lines = log.events.filter(({ event }) => event === 'question').map(({ facts }) => facts);
    expect(lines).toEqual(
      [1, 2].map((id) => ({ name: 'Redis.webapp.dev', type: 'A', class: 'IN', id, transport: 'udp' })),
    );
  });

  it('warns of a key for signing, which nobody uses', async () => {
    const { warnings } = await aServer({ config: { dnssec: 'Kwebapp.dev' } });
    expect(warnings()).toEqual([{ event: 'answers are not signed', dnssec: 'Kwebapp.dev' }]);
  });
});

describe('hostile packets', () => {
  it('are survived, and the next question is answered', async () => {
    const { port, log } = await aServer({ records: redis });
    const socket = createSocket('udp4');
    const good = question('A redis.webapp.dev');
    for (let size = 0; size < 600; size += 7) {
      const noise = Buffer.alloc(size, size);
      good.copy(noise, 0, 0, Math.min(size, 12));
      socket.send(noise, port, '127.0.0.1');
    }
    socket.close();
    expect(await addressesOf(port, 'A redis.webapp.dev')).toEqual(['172.17.8.103']);
    expect(log.events.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('that are no question end a stream', async () => {
    const { port } = await aServer();
    expect(await overTcp(port, [encode({ type: 'response', questions: [] })])).toEqual([]);
  });
});
