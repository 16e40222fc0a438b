/** Replies by the packet that they answer, all of it but its id: what differs in any bit may deserve another reply. */
import type { Transport } from './exchange.ts';
import { type System, systems } from './metrics.ts';
import { offsetOf, PacketTable } from './packet-table.ts';

export interface Kept {
  readonly bytes: Uint8Array;
  /** Who found the answer, for the metrics. */
  readonly system: System;
  /** An instant on the asker's clock. */
  readonly until: number;
  /** Whether chance chose the order: then several replies are collected before any is repeated. */
  readonly isOneOfMany?: boolean;
}

export interface Remembered {
  /** The asker's own copy, with the id of its packet. */
  readonly bytes: Uint8Array;
  readonly system: System;
}

/** Orders kept of one answer; enough that no server of a handful is asked noticeably more than another. */
const orders = 12;
/** Questions whose orders are being collected. */
const mostCollected = 1_000;
/** A question needs no more; anything longer was made to fill memory. */
const longestPacket = 512;
/** Memory for the replies of half of the capacity, and as much again for the other half. */
const mostBytes = 4 * 2 ** 20;
/** Small replies are handed out in pieces of memory of this size, which are let go before they are taken for old. */
const pieceSize = 8_192;
/** Of a value: until when, who, how many replies; and of each reply its length. */
const [systemAt, countAt, repliesAt, lengthSize] = [8, 9, 10, 2] as const;

export class ReplyCache {
  readonly #half: number;
  readonly #choose: (bound: number) => number;
  readonly #collecting = new Map<string, Uint8Array[]>();
  #young: PacketTable;
  /** What was remembered before, until the young half is full: then it is forgotten at once. */
  #old: PacketTable | undefined;
  #piece = new Uint8Array(pieceSize);
  #used = 0;

  constructor(capacity: number, choose: (bound: number) => number) {
    this.#half = Math.ceil(capacity / 2);
    this.#choose = choose;
    this.#young = this.#newTable();
  }

  /** @returns undefined when a reply must be made */
  find(packet: Buffer, transport: Transport, now: number): Remembered | undefined {
    if (packet.length < 12 || packet.length > longestPacket) return undefined;
    return this.#findIn(this.#young, packet, transport, now) ?? this.#findIn(this.#old, packet, transport, now);
  }

  keep(packet: Buffer, transport: Transport, { bytes, system, until, isOneOfMany = false }: Kept): void {
    if (packet.length > longestPacket || this.#half === 0) return;
    const replies: readonly Uint8Array[] | undefined = isOneOfMany
      ? this.#collected(packet, transport, bytes)
      : [bytes];
    if (replies === undefined) return;
    const size = replies.reduce<number>((sum, reply) => sum + lengthSize + reply.length, repliesAt);
    if (this.#young.size >= this.#half || this.#young.used + size > mostBytes) {
      this.#old = this.#young;
      this.#young = this.#newTable();
    }
    const value = new Uint8Array(size);
    const view = new DataView(value.buffer);
    view.setFloat64(0, until);
    value[systemAt] = systems.indexOf(system);
    value[countAt] = replies.length;
    let at = repliesAt;
    for (const reply of replies) {
      view.setUint16(at, reply.length);
      value.set(reply, at + lengthSize);
      at += lengthSize + reply.length;
    }
    this.#young.put(packet, transport, value);
  }

  clear(): void {
    if (this.#young.size > 0) this.#young = this.#newTable();
    this.#old = undefined;
    this.#collecting.clear();
  }

  #findIn(table: PacketTable | undefined, packet: Buffer, transport: Transport, now: number): Remembered | undefined {
    if (table === undefined || table.size === 0) return undefined;
    const place = table.find(packet, transport);
    if (place === 0) return undefined;
    const memory = table.memoryOf(place);
    const value = offsetOf(place);
    if (memory.getFloat64(value) <= now) return undefined;
    const count = memory.getUint8(value + countAt);
    let at = value + repliesAt;
    for (let skip = count > 1 ? this.#choose(count) : 0; skip > 0; skip--) at += lengthSize + memory.getUint16(at);
    const size = memory.getUint16(at);
    at += lengthSize;
    const room = this.#room(size);
    // Most replies are so small that a call would take longer than the copying.
    if (size > 256) room.set(new Uint8Array(memory.buffer, at, size));
    else for (let index = 0; index < size; index++) room[index] = memory.getUint8(at + index);
    room[0] = packet[0] ?? 0;
    room[1] = packet[1] ?? 0;
    return { bytes: room, system: systems[memory.getUint8(value + systemAt)] ?? 'auth' };
  }

  /** @returns all orders, once there are enough of them */
  #collected(packet: Buffer, transport: Transport, bytes: Uint8Array): readonly Uint8Array[] | undefined {
    const key = `${transport}${packet.toString('latin1', 2)}`;
    const replies = this.#collecting.get(key) ?? [];
    replies.push(bytes);
    if (replies.length >= orders) {
      this.#collecting.delete(key);
      return replies;
    }
    if (this.#collecting.size >= mostCollected) this.#collecting.clear();
    this.#collecting.set(key, replies);
    return undefined;
  }

  #newTable(): PacketTable {
    return new PacketTable(this.#choose(2 ** 31));
  }

  /** Memory that nobody else has: the socket may still be sending the last reply when the next one is written. */
  #room(size: number): Uint8Array {
    if (size > pieceSize) return new Uint8Array(size);
    if (this.#used + size > pieceSize) {
      this.#piece = new Uint8Array(pieceSize);
      this.#used = 0;
    }
    const room = this.#piece.subarray(this.#used, this.#used + size);
    this.#used += size;
    return room;
  }
}
