import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, type Packet } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { type DnsConfig, defaultDnsConfig } from '../../core/dns/config.ts';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import { memoryRecordStore } from '../../ports/record-store/memory.ts';
import { framed, frames } from './framing.ts';
import { startDnsServer } from './server.ts';

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort();
});
const stopping = () => {
  const stop = new AbortController();
  stops.push(stop);
  return stop.signal;
};

interface Setting {
  readonly records?: Readonly<Record<string, unknown>>;
  readonly config?: Partial<DnsConfig>;
}

/** A server on a free port of the loopback, answering for webapp.dev, with its store, clock and log in hand. */
async function aServer({ records = {}, config = {} }: Setting = {}) {
  const clock = new ManualClock();
  const log = memoryLog();
  const store = memoryRecordStore(clock);
  for (const [key, value] of Object.entries(records)) {
    await store.put(key, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const whole = { ...defaultDnsConfig, domain: 'webapp.dev', listen: '127.0.0.1:0', ...config };
  const parts = {
    clock,
    log,
    store,
    config: whole,
    prefix: 'skydns',
    verbose: false,
    version: 'test',
    choose: () => 0,
  };
  const server = await startDnsServer(parts, stopping());
  const port = Number(server.address.split(':').at(-1));
  const warnings = () =>
    log.events.filter(({ level }) => level === 'warn').map(({ event, facts }) => ({ event, ...facts }));
  return { clock, log, store, port, address: server.address, ended: server.ended, warnings };
}

const question = (text: string, more: Partial<Packet> = {}): Buffer => {
  const [type = '', name = ''] = text.split(' ');
  return encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ type: type as 'A', name }], ...more });
};

function overUdp(port: number, packet: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  return new Promise<Buffer>((resolve, reject) => {
    socket.once('message', resolve);
    socket.once('error', reject);
    socket.send(packet, port, '127.0.0.1');
  }).finally(() => socket.close());
}

function overTcp(port: number, packets: readonly Buffer[]): Promise<Buffer[]> {
  const socket = connect({ host: '127.0.0.1', port });
  const replies: Buffer[] = [];
  return new Promise<Buffer[]>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', () => resolve(replies));
    const read = frames((reply) => {
      replies.push(reply);
      if (replies.length === packets.length) socket.end();
    });
    socket.on('data', read);
    // Cut in odd places, as networks do.
    const bytes = Buffer.concat(packets.map(framed));
    socket.write(bytes.subarray(0, 5));
    socket.write(bytes.subarray(5));
  });
}

const asked = async (port: number, text: string) => decode(await overUdp(port, question(text)));
const addressesOf = async (port: number, text: string) =>
  (await asked(port, text)).answers?.map((one) => 'data' in one && one.data);

/** Waits for something that takes a few turns of the event loop, and no time. */
async function until<T>(read: () => Promise<T> | T, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    await settled();
  }
}

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
    const clock = new ManualClock();
    const log = memoryLog();
    const store = memoryRecordStore(clock);
    store.line.cut();
    const config = { ...defaultDnsConfig, domain: 'webapp.dev', listen: '127.0.0.1:0' };
    const parts = { clock, log, store, config, prefix: 'skydns', verbose: false, version: 'test', choose: () => 0 };
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

  it('ends the start when it cannot be read', async () => {
    await expect(aServer({ records: { '/skydns/config': '{' } })).rejects.toMatchObject({
      code: 'DNS_CONFIG_UNDECODABLE',
    });
  });
});

describe('forwarding', () => {
  /** Another name server: replies over both transports as told, or never. */
  async function anUpstream(reply: (packet: Buffer) => Packet | undefined) {
    const socket = createSocket('udp4');
    const seen: Buffer[] = [];
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.on('message', (packet, from) => {
      seen.push(packet);
      const { id, questions } = decode(packet);
      const answer = reply(packet);
      if (answer !== undefined)
        socket.send(
          encode({ type: 'response', id: id ?? 0, questions: questions ?? [], ...answer }),
          from.port,
          from.address,
        );
    });
    stopping().addEventListener('abort', () => socket.close());
    return { server: `127.0.0.1:${socket.address().port}`, seen };
  }
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
