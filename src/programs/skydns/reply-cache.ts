/** Replies by the packet that they answer, all of it but its id: what differs in any bit may deserve another reply. */
import type { Transport } from './exchange.ts';

export interface Kept {
  readonly bytes: Buffer;
  /** An instant on the asker's clock. */
  readonly until: number;
  /** Whether chance chose the order: then several replies are collected before any is repeated. */
  readonly isOneOfMany?: boolean;
}

interface Entry {
  readonly replies: Buffer[];
  readonly until: number;
  readonly isComplete: boolean;
}

/** Orders kept of one answer; enough that no server of a handful is asked noticeably more than another. */
const orders = 12;
/** A question needs no more; anything longer was made to fill memory. */
const longestPacket = 512;

export class ReplyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  readonly #choose: (bound: number) => number;

  constructor(capacity: number, choose: (bound: number) => number) {
    this.#capacity = capacity;
    this.#choose = choose;
  }

  /** @returns a reply of the asker's own, with its id; undefined when one must be made */
  find(packet: Buffer, transport: Transport, now: number): Buffer | undefined {
    if (packet.length < 12 || packet.length > longestPacket) return undefined;
    const entry = this.#entries.get(keyOf(packet, transport));
    if (entry === undefined || !entry.isComplete || entry.until <= now) return undefined;
    const { replies } = entry;
    const reply = replies[replies.length > 1 ? this.#choose(replies.length) : 0];
    if (reply === undefined) return undefined;
    // A copy: the socket may still be sending the last one when the next asker's id is written.
    const bytes = Buffer.allocUnsafe(reply.length);
    reply.copy(bytes);
    bytes[0] = packet[0] ?? 0;
    bytes[1] = packet[1] ?? 0;
    return bytes;
  }

  keep(packet: Buffer, transport: Transport, { bytes, until, isOneOfMany = false }: Kept): void {
    if (packet.length > longestPacket || this.#capacity === 0) return;
    const key = keyOf(packet, transport);
    const earlier = isOneOfMany ? this.#entries.get(key) : undefined;
    const replies = earlier !== undefined && !earlier.isComplete ? earlier.replies : [];
    replies.push(bytes);
    this.#entries.delete(key);
    const oldest = this.#entries.size >= this.#capacity ? this.#entries.keys().next() : undefined;
    if (oldest?.done === false) this.#entries.delete(oldest.value);
    this.#entries.set(key, { replies, until, isComplete: !isOneOfMany || replies.length >= orders });
  }

  clear(): void {
    this.#entries.clear();
  }
}

const keyOf = (packet: Buffer, transport: Transport): string =>
  `${transport === 'udp' ? '' : transport}${packet.toString('latin1', 2)}`;
