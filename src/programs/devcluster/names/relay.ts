/**
 * A name server on this host for clusters whose network it cannot reach: questions go over one stream to a machine's
 * skydns, as DNS over TCP has it, and come back under the number that the asker gave them.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Millis, seconds } from '../../../core/base/time.ts';
import { framed, frames } from '../../../core/dns/framing.ts';
import type { Clock } from '../../../ports/clock/index.ts';

export interface RelayParts {
  readonly clock: Clock;
  /** Opens a stream to a name server; opened anew when one ends. */
  readonly dial: () => Promise<Duplex>;
}

/** How long a question may take; after that its asker has asked again. */
const patience: Millis = seconds(5);
const mostWaiting = 4_096;
/** What an answer over UDP may hold when its asker said nothing, and what its header says when that is too little. */
const datagramBytes = 512;

/** Questions under way, over a stream that is there when it is needed. */
export class Relay {
  readonly #parts: RelayParts;
  readonly #waiting = new Map<number, (answer: Buffer | undefined) => void>();
  #door: Promise<Duplex> | undefined;
  #number = 0;

  constructor(parts: RelayParts) {
    this.#parts = parts;
  }

  /** @returns the answer; undefined when none came in time, or the question is none */
  async ask(question: Buffer): Promise<Buffer | undefined> {
    if (question.length < 12 || this.#waiting.size >= mostWaiting) return undefined;
    const door = await this.#open().catch(() => undefined);
    if (door === undefined) return undefined;
    const number = this.#free();
    const heard = new Promise<Buffer | undefined>((resolve) => this.#waiting.set(number, resolve));
    door.write(framed(numbered(question, number)));
    const over = new AbortController();
    void this.#parts.clock.sleep(patience, over.signal).then(() => this.#settle(number, undefined));
    const answer = await heard;
    over.abort();
    return answer && numbered(answer, question.readUInt16BE(0));
  }

  async close(): Promise<void> {
    (await this.#door?.catch(() => undefined))?.destroy();
  }

  #open(): Promise<Duplex> {
    this.#door ??= this.#parts.dial().then((door) => {
      door.on(
        'data',
        frames((answer) => this.#settle(answer.length < 12 ? -1 : answer.readUInt16BE(0), answer)),
      );
      door.on('error', () => door.destroy());
      door.once('close', () => this.#lost());
      return door;
    });
    this.#door.catch(() => {
      this.#door = undefined;
    });
    return this.#door;
  }

  #lost(): void {
    this.#door = undefined;
    for (const number of [...this.#waiting.keys()]) this.#settle(number, undefined);
  }

  #settle(number: number, answer: Buffer | undefined): void {
    this.#waiting.get(number)?.(answer);
    this.#waiting.delete(number);
  }

  #free(): number {
    do this.#number = (this.#number + 1) & 0xffff;
    while (this.#waiting.has(this.#number));
    return this.#number;
  }
}

function numbered(message: Buffer, number: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(number, 0);
  return copy;
}

/**
 * Answers on UDP and TCP until `stop` aborts.
 *
 * @returns the port, which the system chooses when 0 was asked for
 * @throws the system's error when the address is taken or foreign
 */
export async function serveNames(relay: Relay, address: string, port: number, stop: AbortSignal): Promise<number> {
  const open = new Set<Socket>();
  const streams = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on(
      'data',
      frames((question) => void relay.ask(question).then((answer) => answer && socket.write(framed(answer)))),
    );
  });
  streams.listen(port, address);
  await once(streams, 'listening');
  const bound = streams.address();
  const chosen = typeof bound === 'object' && bound !== null ? bound.port : port;
  const datagrams = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  datagrams.on('message', (question, from) => {
    void relay
      .ask(question)
      .then((answer) => answer && datagrams.send(fitting(answer, question), from.port, from.address));
  });
  datagrams.bind(chosen, address);
  await once(datagrams, 'listening');
  stop.addEventListener('abort', () => {
    streams.close();
    for (const socket of open) socket.destroy();
    datagrams.close();
    void relay.close();
  });
  return chosen;
}

/** An answer that is too long for a datagram is cut behind its question, so that the asker comes back over TCP. */
function fitting(answer: Buffer, question: Buffer): Buffer {
  // Whoever takes more says so in an OPT record, which makes the question longer; 1,232 bytes pass every network.
  const most = question.readUInt16BE(10) > 0 ? 1_232 : datagramBytes;
  if (answer.length <= most) return answer;
  const cut = Buffer.from(answer.subarray(0, endOfQuestion(answer)));
  cut.writeUInt16BE(cut.readUInt16BE(2) | 0x0200, 2);
  cut.fill(0, 6, 12);
  return cut;
}

function endOfQuestion(message: Buffer): number {
  let at = 12;
  while (at < message.length && message[at] !== 0) at += (message[at] ?? 0) + 1;
  return Math.min(at + 5, message.length);
}
