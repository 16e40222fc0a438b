/** Replies by the packet that they answer, all of it but its id: what differs in any bit may deserve another reply. */
import type { Transport } from './exchange.ts';
import type { System } from './metrics.ts';

export interface Kept {
  readonly bytes: Buffer;
  /** Who found the answer, for the metrics. */
  readonly system: System;
  /** An instant on the asker's clock. */
  readonly until: number;
  /** Whether chance chose the order: then several replies are collected before any is repeated. */
  readonly isOneOfMany?: boolean;
}

/** What is remembered of one question. */
export interface Entry {
  readonly system: System;
  readonly until: number;
  readonly isComplete: boolean;
  /** One reply is most often all there is; ten thousand lists of one would be felt. */
  readonly replies: Buffer | readonly Buffer[];
}

/** Orders kept of one answer; enough that no server of a handful is asked noticeably more than another. */
const orders = 12;
/** A question needs no more; anything longer was made to fill memory. */
const longestPacket = 512;
/** Replies are cut from pieces of memory of this size. */
const pieceSize = 65_536;

export class ReplyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  readonly #choose: (bound: number) => number;
  #piece = new ArrayBuffer(pieceSize);
  #used = 0;

  constructor(capacity: number, choose: (bound: number) => number) {
    this.#capacity = capacity;
    this.#choose = choose;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @returns undefined when a reply must be made */
  find(packet: Buffer, transport: Transport, now: number): Entry | undefined {
    if (this.#entries.size === 0 || packet.length < 12 || packet.length > longestPacket) return undefined;
    const entry = this.#entries.get(keyOf(packet, transport));
    return entry === undefined || !entry.isComplete || entry.until <= now ? undefined : entry;
  }

  /** One of the replies, the asker's own copy with the id of its packet. */
  replyOf({ replies }: Entry, packet: Buffer): Uint8Array {
    const reply = Array.isArray(replies) ? (replies[this.#choose(replies.length)] as Buffer) : (replies as Buffer);
    const bytes = this.#room(reply.length);
    bytes.set(reply);
    bytes[0] = packet[0] ?? 0;
    bytes[1] = packet[1] ?? 0;
    return bytes;
  }

  keep(packet: Buffer, transport: Transport, { bytes, system, until, isOneOfMany = false }: Kept): void {
    if (packet.length > longestPacket || this.#capacity === 0) return;
    const key = keyOf(packet, transport);
    const earlier = isOneOfMany ? this.#entries.get(key) : undefined;
    const collected = earlier !== undefined && !earlier.isComplete ? (earlier.replies as readonly Buffer[]) : [];
    const replies = isOneOfMany ? [...collected, bytes] : bytes;
    this.#entries.delete(key);
    const oldest = this.#entries.size >= this.#capacity ? this.#entries.keys().next() : undefined;
    if (oldest?.done === false) this.#entries.delete(oldest.value);
    const isComplete = !isOneOfMany || collected.length + 1 >= orders;
    this.#entries.set(key, { replies, system, until, isComplete });
  }

  clear(): void {
    this.#entries.clear();
  }

  /**
   * Memory that nobody else has: the socket may still be sending the last reply when the next one is written. Views of
   * our own rather than `Buffer`s, since V8 learns from ten thousand buffers that stay (the records', the replies' in here)
   * to put every new one where things stay, and then each reply that was sent waits there for a large collection.
   */
  #room(size: number): Uint8Array {
    if (this.#used + size > pieceSize) {
      this.#piece = new ArrayBuffer(Math.max(pieceSize, size));
      this.#used = 0;
    }
    const room = new Uint8Array(this.#piece, this.#used, size);
    this.#used += size;
    return room;
  }
}

const keyOf = (packet: Buffer, transport: Transport): string =>
  `${transport === 'udp' ? '' : transport}${packet.toString('latin1', 2)}`;
