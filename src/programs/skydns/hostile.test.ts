/** Whatever is sent, the server goes on, answers no answer, and nobody is sent more than a question deserves. */
import { connect } from 'node:net';
import { decode } from 'dns-packet';
import { afterEach, describe, expect, it } from 'vitest';
import { type Choices, seeded, seeds } from '../../core/base/choices.ts';
import { seconds } from '../../core/base/time.ts';
import { defaultDnsConfig } from '../../core/dns/config.ts';
import { parseQuery, parseUpstreamReply, printForStub, withoutOption } from '../../core/dns/wire.ts';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import { anUpstream, aServer, aServersWorld, edns, overTcp, overUdp, question } from './fixtures.ts';
import { Known } from './known.ts';
import { DnsMetrics } from './metrics.ts';
import { responder } from './responder.ts';
import { openUpstream } from './upstream.ts';

let stop = new AbortController();
afterEach(() => {
  stop.abort();
  stop = new AbortController();
});

const records = Object.fromEntries(
  Array.from({ length: 200 }, (_, at) => [
    `/skydns/dev/webapp/many/x${at}`,
    { host: `10.0.9.${at}`, port: at, text: 'x' },
  ]),
);
const good = question('A x7.many.webapp.dev');
const names = [
  'many.webapp.dev',
  'x7.many.webapp.dev',
  '*.webapp.dev',
  'webapp.dev',
  'gone.webapp.dev',
  'com',
  'a.b.c.d.ip6.arpa',
];
const types = ['A', 'AAAA', 'SRV', 'TXT', 'NS', 'SOA', 'MX', 'ANY', 'AXFR', 'PTR', 'HINFO', 'OPT', 'UNKNOWN_999'];

const bytes = (choices: Choices, most: number) =>
  Buffer.from(Array.from({ length: choices.below(most) }, () => choices.below(256)));

function aQuery(choices: Choices): Buffer {
  const size = choices.oneOf([0, 511, 512, 1_232, 4_096, 65_535]);
  const option = { code: choices.oneOf([10, 65_011, 8]), data: bytes(choices, 12) };
  const more = choices.chance(1, 2)
    ? { additionals: [edns(size, choices.chance(1, 3) ? { options: [option] } : {})] }
    : {};
  return question(`${choices.oneOf(types)} ${choices.oneOf(names)}`, { id: choices.below(65_536), ...more });
}

/** Noise, questions with broken bytes, names that point at themselves, counts that promise what does not follow. */
function anyPacket(choices: Choices): Buffer {
  const packet = choices.oneOf([
    () => bytes(choices, 600),
    () => aQuery(choices),
    () => question(`${choices.oneOf(['SRV', 'A'])} many.webapp.dev`, { additionals: [edns(65_535)] }),
    () => {
      const loops = Buffer.from([0xc0, 12, 0xc0, 14, 0xc0, 255]).subarray(0, 2 + choices.below(5));
      return Buffer.concat([good.subarray(0, 12), loops, Buffer.from([0, 1, 0, 1])]);
    },
    () => {
      const counted = Buffer.from(aQuery(choices));
      counted.writeUInt16BE(choices.below(65_536), choices.oneOf([4, 6, 8, 10]));
      return counted;
    },
    () => {
      const record = Buffer.from([
        0xc0,
        choices.below(256),
        0,
        choices.below(256),
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        choices.below(256),
      ]);
      const loaded = Buffer.concat([aQuery(choices), record, bytes(choices, 40)]);
      loaded.writeUInt16BE(1 + choices.below(3), choices.oneOf([6, 8, 10]));
      return loaded;
    },
    () =>
      Buffer.concat([
        good.subarray(0, 12),
        ...Array.from({ length: 140 }, () => Buffer.from([1, 0x61])),
        Buffer.from([0, 0, 1, 0, 1]),
      ]),
  ])();
  for (let harm = choices.oneOf([0, 0, 1, 4]); harm > 0 && packet.length > 0; harm--)
    packet[choices.below(packet.length)] = choices.below(256);
  return packet.subarray(0, packet.length - choices.oneOf([0, 0, 0, choices.below(packet.length + 1)]));
}

async function aResponder() {
  const world = aServersWorld({});
  for (const [key, value] of Object.entries(records)) await world.store.put(key, JSON.stringify(value));
  const known = new Known({ ...world, base: { ...defaultDnsConfig, domain: 'webapp.dev' }, stubZones: true });
  await new Promise<void>((resolve) => void known.follow(stop.signal, resolve));
  const metrics = new DnsMetrics(
    (last) => last,
    known,
    () => 0,
  );
  return { ...world, respond: responder({ ...world, known, metrics, upstream: openUpstream(world.clock) }) };
}

describe('hostile packets', () => {
  it.each(seeds(40))(
    'a hundred of them are survived, and none is worth more than was asked for (seed %i)',
    async (seed) => {
      const choices = seeded(seed);
      const { respond, log } = await aResponder();
      const askGood = async () => Buffer.from((await respond(good, 'udp')) ?? []);
      const expected = await askGood();
      for (let count = 0; count < 100; count++) {
        const packet = anyPacket(choices);
        const transport = choices.oneOf(['udp', 'tcp'] as const);
        const reply = await respond(packet, transport);
        const parsed = parseQuery(packet);
        if (parsed.kind === 'drop') expect(reply).toBeUndefined();
        if (reply === undefined) continue;
        const told = Buffer.from(reply);
        expect(told.readUInt16BE(0)).toBe(packet.readUInt16BE(0));
        expect(decode(told)).toMatchObject({ type: 'response' });
        if (parsed.kind !== 'query') expect(told.length).toBeLessThanOrEqual(packet.length);
        else if (transport === 'udp')
          expect(told.length).toBeLessThan(Math.min(parsed.query.payloadSize ?? 512, 4_096));
        // An answer of ours never makes another server, or us, answer.
        expect(await respond(told, transport)).toBeUndefined();
      }
      expect(await askGood()).toEqual(expected);
      expect(log.events.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );

  it.each(seeds(300))('replies of other servers are read without harm, whatever they hold (seed %i)', (seed) => {
    const choices = seeded(seed);
    const parsed = parseQuery(question('A www.example.com', { additionals: [edns(512, { options: [] })] }));
    if (parsed.kind !== 'query') throw new Error(parsed.kind);
    const reply = Buffer.concat([printForStub(parsed.query), bytes(choices, 60)]);
    reply.writeUInt16BE(reply.readUInt16BE(2) | 0x8000, 2);
    for (const at of [6, 8, 10]) reply.writeUInt16BE(choices.below(4), at);
    for (let harm = choices.below(5); harm > 0; harm--)
      reply[12 + choices.below(reply.length - 12)] = choices.below(256);
    expect(withoutOption(reply).length).toBeLessThanOrEqual(reply.length);
    const read = parseUpstreamReply(reply, parsed.query);
    expect(read === undefined || Array.isArray(read.answers)).toBe(true);
  });

  it('are survived by the sockets, too', async () => {
    const choices = seeded(1);
    const { port, log } = await aServer({ records }, stop.signal);
    for (let count = 0; count < 60; count++) {
      const packet = anyPacket(choices);
      if (packet.length > 2) await overTcp(port, [packet, question('A x7.many.webapp.dev')]).catch(() => []);
    }
    expect(decode(await overUdp(port, good)).answers).toHaveLength(1);
    expect(log.events.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('that come as a stream without end or sense are hung up on', async () => {
    const { port } = await aServer({ records }, stop.signal);
    const socket = connect({ host: '127.0.0.1', port });
    const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => {});
    socket.write(Buffer.alloc(200_000));
    await closed;
    expect(decode((await overTcp(port, [good]))[0] ?? Buffer.alloc(0)).answers).toHaveLength(1);
  });
});

describe('a flood of questions', () => {
  it('for names elsewhere keeps a bounded number of sockets busy, and the rest fails at once', async () => {
    const silent = await anUpstream(() => undefined, stop.signal);
    const clock = new ManualClock();
    const upstream = openUpstream(clock);
    const packet = question('A www.example.com');
    const parsed = parseQuery(packet);
    if (parsed.kind !== 'query') throw new Error(parsed.kind);
    const config = { ...defaultDnsConfig, nameservers: [silent.server] };
    let failed = 0;
    const all = Array.from({ length: 600 }, async () => {
      if ((await upstream.forward(packet, parsed.query, 'udp', config)) === undefined) failed++;
    });
    await settled();
    expect(failed).toBe(600 - 512);
    // Each server is tried once more than there are, and given its whole time.
    await clock.advance(seconds(2));
    await clock.advance(seconds(2));
    await Promise.all(all);
    expect(failed).toBe(600);
  });
});
