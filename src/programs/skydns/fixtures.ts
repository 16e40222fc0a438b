/** A whole server on the loopback, with its store, clock and log in hand, and clients and other servers to talk with it. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { decode, encode, type Packet } from 'dns-packet';
import { type DnsConfig, defaultDnsConfig } from '../../core/dns/config.ts';
import { framed, frames } from '../../core/dns/framing.ts';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import { memoryRecordStore } from '../../ports/record-store/memory.ts';
import { type DnsServerWorld, startDnsServer } from './server.ts';

export interface Setting extends Partial<Pick<DnsServerWorld, 'status' | 'stubZones' | 'verbose' | 'activated'>> {
  readonly records?: Readonly<Record<string, unknown>>;
  readonly config?: Partial<DnsConfig>;
}

/** Answers for webapp.dev on a free port until `stop`. */
export async function aServer({ records = {}, config = {}, ...more }: Setting, stop: AbortSignal) {
  const parts = aServersWorld({ config, ...more });
  const { clock, log, store } = parts;
  for (const [key, value] of Object.entries(records)) {
    await store.put(key, typeof value === 'string' ? value : JSON.stringify(value));
  }
  const server = await startDnsServer(parts, stop);
  const port = Number(server.address.split(':').at(-1));
  const warnings = () =>
    log.events.filter(({ level }) => level === 'warn').map(({ event, facts }) => ({ event, ...facts }));
  return { ...server, clock, log, store, port, warnings };
}

export function aServersWorld({ config = {}, ...more }: Omit<Setting, 'records'>) {
  const clock = new ManualClock();
  return {
    ...{ clock, log: memoryLog(), store: memoryRecordStore(clock) },
    config: { ...defaultDnsConfig, domain: 'webapp.dev', listen: '127.0.0.1:0', ...config },
    prefix: 'skydns',
    stubZones: false,
    verbose: false,
    version: 'test',
    choose: () => 0,
    activated: () => [],
    ...more,
  };
}

/** `question('A redis.webapp.dev')` */
export function question(text: string, more: Partial<Packet> = {}): Buffer {
  const [type = '', name = ''] = text.split(' ');
  return encode({ type: 'query', id: 7, flags: 0x0100, questions: [{ type: type as 'A', name }], ...more });
}

export const edns = (udpPayloadSize: number, more: object = {}) =>
  ({ type: 'OPT', name: '.', udpPayloadSize, flags: 0, options: [], ...more }) as never;

export function overUdp(port: number, packet: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  return new Promise<Buffer>((resolve, reject) => {
    socket.once('message', resolve);
    socket.once('error', reject);
    socket.send(packet, port, '127.0.0.1');
  }).finally(() => socket.close());
}

/** @returns the replies until there are as many as packets, or the server ends the connection */
export function overTcp(port: number, packets: readonly Buffer[]): Promise<Buffer[]> {
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

export const asked = async (port: number, text: string) => decode(await overUdp(port, question(text)));

/** Waits for something that takes a few turns of the event loop, and no time. */
export async function until<T>(read: () => Promise<T> | T, holds: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    await settled();
  }
}

/** Another name server: replies over UDP as told, or never; what it was sent is kept. */
export async function anUpstream(reply: (packet: Buffer) => Packet | undefined, stop: AbortSignal) {
  const socket = createSocket('udp4');
  const seen: Buffer[] = [];
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  socket.on('message', (packet, from) => {
    seen.push(packet);
    const { id, questions } = decode(packet);
    const answer = reply(packet);
    if (answer === undefined) return;
    const bytes = encode({ type: 'response', id: id ?? 0, questions: questions ?? [], ...answer });
    socket.send(bytes, from.port, from.address);
  });
  stop.addEventListener('abort', () => socket.close(), { once: true });
  return { server: `127.0.0.1:${socket.address().port}`, port: socket.address().port, seen };
}
