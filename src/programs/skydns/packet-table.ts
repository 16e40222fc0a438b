/**
 * Bytes by packet, in a few large pieces of memory: the table behind the memory of replies. Ten thousand entries made of
 * strings, objects and buffers would be looked up at the price of a main memory access for each of their parts.
 */
import type { Transport } from './exchange.ts';

/** Of an entry, before its key: the key's length. */
const headSize = 2;
const firstSlots = 1_024;
/** Entries stand in chunks of this size; one that is larger has a chunk to itself. */
const chunkBits = 16;
const chunkSize = 1 << chunkBits;
/** Entries that met the same slot are looked for no further: somebody would choose names for that. */
const mostProbes = 32;
/** The id of a packet is not part of its key. */
const idSize = 2;

export class PacketTable {
  size = 0;
  /** The memory that is used, by entries that were replaced, too. */
  used = 0;
  readonly #seed: number;
  /** For each slot the hash of a key and the place of its entry, plus one; nothing is there where that is 0. */
  #slots = new Int32Array(2 * firstSlots);
  readonly #chunks: DataView<ArrayBuffer>[] = [];
  /** How much of the last chunk is used. */
  #filled = chunkSize;

  /** @param seed differs from process to process, so that nobody knows which names meet */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** @returns the place of the value; 0 when there is none */
  find(packet: Uint8Array, transport: Transport): number {
    const hash = this.#hash(packet, transport);
    const mask = this.#slots.length / 2 - 1;
    for (let probe = 0; probe < mostProbes; probe++) {
      const slot = 2 * ((hash + probe) & mask);
      const place = this.#slots[slot + 1] ?? 0;
      if (place === 0) return 0;
      if (this.#slots[slot] === hash && this.#isKey(place - 1, packet, transport)) return this.#valueOf(place - 1);
    }
    return 0;
  }

  /** What a value at this place stands in, at the offset that `offsetOf` tells. */
  memoryOf(place: number): DataView<ArrayBuffer> {
    return this.#chunks[place >> chunkBits] as DataView<ArrayBuffer>;
  }

  /** Puts the value in the place of the one that the packet has. */
  put(packet: Uint8Array, transport: Transport, value: Uint8Array): void {
    // Three of four slots stay empty, so that keys which meet by chance find a place long before the last probe.
    if (4 * (this.size + 1) > this.#slots.length / 2) this.#widen();
    const place = this.#append(packet, transport, value);
    this.#enter(this.#hash(packet, transport), place, packet, transport);
  }

  #append(packet: Uint8Array, transport: Transport, value: Uint8Array): number {
    const keySize = packet.length - idSize + 1;
    const size = headSize + keySize + value.length;
    if (this.#filled + size > chunkSize) {
      this.#chunks.push(new DataView(new ArrayBuffer(Math.max(chunkSize, size))));
      this.#filled = 0;
    }
    const at = this.#filled;
    const chunk = this.#chunks.at(-1) as DataView<ArrayBuffer>;
    chunk.setUint16(at, keySize);
    chunk.setUint8(at + headSize, tagOf(transport));
    const bytes = new Uint8Array(chunk.buffer);
    bytes.set(packet.subarray(idSize), at + headSize + 1);
    bytes.set(value, at + headSize + keySize);
    this.#filled += size;
    this.used += size;
    return ((this.#chunks.length - 1) << chunkBits) | at;
  }

  #enter(hash: number, place: number, packet: Uint8Array | undefined, transport: Transport): void {
    const mask = this.#slots.length / 2 - 1;
    let slot = 2 * (hash & mask);
    for (let probe = 0; probe < mostProbes; probe++) {
      slot = 2 * ((hash + probe) & mask);
      const there = this.#slots[slot + 1] ?? 0;
      if (there === 0) {
        this.size++;
        break;
      }
      const isSame = packet !== undefined && this.#slots[slot] === hash && this.#isKey(there - 1, packet, transport);
      if (isSame) break;
    }
    // After the last probe this forgets another packet's entry, which costs that one an answer made anew.
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = place + 1;
  }

  #widen(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(2 * before.length);
    this.size = 0;
    for (let slot = 0; slot < before.length; slot += 2) {
      const place = before[slot + 1] ?? 0;
      if (place !== 0) this.#enter(before[slot] ?? 0, place - 1, undefined, 'udp');
    }
  }

  #isKey(place: number, packet: Uint8Array, transport: Transport): boolean {
    const chunk = this.memoryOf(place);
    const at = offsetOf(place);
    if (chunk.getUint16(at) !== packet.length - idSize + 1) return false;
    if (chunk.getUint8(at + headSize) !== tagOf(transport)) return false;
    for (let index = idSize; index < packet.length; index++)
      if (packet[index] !== chunk.getUint8(at + headSize + 1 - idSize + index)) return false;
    return true;
  }

  #valueOf(place: number): number {
    return place + headSize + this.memoryOf(place).getUint16(offsetOf(place));
  }

  /** FNV-1a, and the last steps of MurmurHash3, without which names that differ in a digit would stand side by side. */
  #hash(packet: Uint8Array, transport: Transport): number {
    let hash = this.#seed ^ tagOf(transport);
    for (let at = idSize; at < packet.length; at++) hash = Math.imul(hash ^ (packet[at] ?? 0), 0x0100_0193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
    return hash ^ (hash >>> 16);
  }
}

/** Where in its memory a place is. */
export const offsetOf = (place: number): number => place & (chunkSize - 1);

const tagOf = (transport: Transport): number => (transport === 'udp' ? 1 : 2);
