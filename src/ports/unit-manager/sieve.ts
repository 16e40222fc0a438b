/**
 * Drops unwanted D-Bus signals from a byte stream before anybody decodes them.
 *
 * On its private socket systemd sends every signal about every unit to everybody; 300 starts make about 3,900 of them,
 * most with dozens of properties, and a daemon reload announces every unit of the machine twice. Reading the header
 * costs a fraction of decoding the body.
 *
 * It also mends the authentication on its way out; see `begunEarly`.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export interface SignalHead {
  readonly path: string;
  readonly member: string;
  /** The first argument when it is text. */
  readonly argument: () => string;
}

const signalType = 4;
const littleEndian = 0x6c;
const fixedHeader = 16;
const align = (at: number, to: number): number => Math.ceil(at / to) * to;

/** The length of the message at the start of `bytes`; undefined while not even that has arrived. */
function messageLength(bytes: Buffer): number | undefined {
  if (bytes.length < fixedHeader) return undefined;
  const [body, fields] =
    bytes[0] === littleEndian
      ? [bytes.readUInt32LE(4), bytes.readUInt32LE(12)]
      : [bytes.readUInt32BE(4), bytes.readUInt32BE(12)];
  return align(fixedHeader + fields, 8) + body;
}

/** @returns undefined when the message is not a signal, or not one that this reader understands */
export function signalHead(message: Buffer): SignalHead | undefined {
  if (message[0] !== littleEndian || message[1] !== signalType) return undefined;
  const end = fixedHeader + message.readUInt32LE(12);
  const fields = new Map<number, string>();
  for (let at = fixedHeader; at < end; ) {
    at = align(at, 8);
    const code = message[at] ?? 0;
    const type = String.fromCharCode(message[at + 2] ?? 0);
    at += 4;
    if (type === 's' || type === 'o') {
      at = align(at, 4);
      const length = message.readUInt32LE(at);
      fields.set(code, latin1(message, at + 4, at + 4 + length));
      at += 4 + length + 1;
    } else if (type === 'g') {
      const length = message[at] ?? 0;
      fields.set(code, latin1(message, at + 1, at + 1 + length));
      at += 1 + length + 1;
    } else if (type === 'u') {
      at = align(at, 4) + 4;
    } else {
      return undefined;
    }
  }
  const body = align(end, 8);
  return {
    path: fields.get(1) ?? '',
    member: fields.get(3) ?? '',
    argument: () =>
      fields.get(8)?.startsWith('s') ? latin1(message, body + 4, body + 4 + message.readUInt32LE(body)) : '',
  };
}

const latin1 = (bytes: Buffer, from: number, to: number): string => bytes.toString('latin1', from, to);

const nothing = Buffer.alloc(0);

const begin = Buffer.from('BEGIN\r\n');

/**
 * Sends the end of the authentication along with its start, as systemd's own clients do. systemd stalls when the end
 * and the first message reach it in one piece: it reads both and looks at the message only when more arrives.
 */
const begunEarly = (chunk: Buffer): Buffer => {
  if (chunk.equals(begin)) return nothing;
  return chunk.subarray(0, 5).equals(Buffer.from('AUTH ')) ? Buffer.concat([chunk, begin]) : chunk;
};

/** A connection to a bus that lets only wanted signals through, and every message that is no signal. */
export class Sieve extends Duplex {
  readonly #socket: Socket;
  readonly #wanted: (signal: SignalHead) => boolean;
  #rest: Buffer = nothing;
  #greeted = false;

  constructor(socket: Socket, wanted: (signal: SignalHead) => boolean) {
    super();
    this.#socket = socket;
    this.#wanted = wanted;
    socket.on('data', (chunk: Buffer) => this.#arrived(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (cause) => this.destroy(cause));
    socket.on('close', () => this.destroy());
  }

  #arrived(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#greeted) bytes = this.#greeting(bytes);
    const kept: Buffer[] = [];
    for (let length = messageLength(bytes); this.#greeted && length !== undefined; length = messageLength(bytes)) {
      if (bytes.length < length) break;
      const message = bytes.subarray(0, length);
      const signal = signalHead(message);
      if (signal === undefined || this.#wanted(signal)) kept.push(message);
      bytes = bytes.subarray(length);
    }
    this.#rest = bytes;
    if (kept.length > 0 && !this.push(kept.length === 1 ? kept[0] : Buffer.concat(kept))) this.#socket.pause();
  }

  /** Passes the lines of the authentication on; the server's `OK` is the last of them. */
  #greeting(bytes: Buffer): Buffer {
    let rest = bytes;
    for (let end = rest.indexOf('\r\n'); end >= 0 && !this.#greeted; end = rest.indexOf('\r\n')) {
      const line = rest.subarray(0, end + 2);
      this.#greeted = line.toString('latin1').startsWith('OK');
      this.push(line);
      rest = rest.subarray(end + 2);
    }
    return rest;
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (cause?: Error | null) => void): void {
    this.#socket.write(begunEarly(chunk), done);
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: (cause?: Error | null) => void): void {
    this.#socket.write(Buffer.concat(chunks.map(({ chunk }) => begunEarly(chunk))), done);
  }

  override _final(done: (cause?: Error | null) => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(cause: Error | null, done: (cause?: Error | null) => void): void {
    this.#socket.destroy();
    done(cause);
  }
}
