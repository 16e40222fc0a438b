/**
 * Bytes by packet, in a few large pieces of memory: the table behind the memory of replies. Ten thousand entries made of
 * strings, objects and buffers would be looked up at the price of a main memory access for each of their parts.
 */
import type { Transport } from './exchange.ts';

/** Of an entry, before its key: the key's length. */
const headSize = 2;
const firstSlots = 1_024;
const firstBytes = 65_536;
/** Entries that met the same slot are looked for no further: somebody would choose names for that. */
const mostProbes = 32;
/** The id of a packet is not part of its key. */
const idSize = 2;

export class PacketTable {
  size = 0;
  readonly #seed: number;
  /** For each slot the hash of a key and where its entry begins, plus one; nothing is there where that is 0. */
  #slots = new Int32Array(2 * firstSlots);
  #bytes = new Uint8Array(firstBytes);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;

  /** @param seed differs from process to process, so that nobody knows which names meet */
  constructor(seed: number) {
    this.#seed = seed;
  }

  /** What the values stand in; another one after each `put`. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  /** How much of the memory is used, by entries that were replaced, too. */
  get used(): number {
    return this.#used;
  }

  /** @returns where in `bytes` the value begins; 0 when there is none */
  find(packet: Uint8Array, transport: Transport): number {
    const hash = this.#hash(packet, transport);
    const mask = this.#slots.length / 2 - 1;
    for (let probe = 0; probe < mostProbes; probe++) {
      const slot = 2 * ((hash + probe) & mask);
      const place = this.#slots[slot + 1] ?? 0;
      if (place === 0) return 0;
      if (this.#slots[slot] === hash && this.#isKey(place - 1, packet, transport)) return this.#valueAt(place - 1);
    }
    return 0;
  }

  /** Puts the value in the place of the one that the packet has. */
  put(packet: Uint8Array, transport: Transport, value: Uint8Array): void {
    // Three of four slots stay empty, so that keys which meet by chance find a place long before the last probe.
    if (4 * (this.size + 1) > this.#slots.length / 2) this.#widen();
    const at = this.#append(packet, transport, value);
    this.#place(this.#hash(packet, transport), at, packet, transport);
  }

  #append(packet: Uint8Array, transport: Transport, value: Uint8Array): number {
    const keySize = packet.length - idSize + 1;
    const end = this.#used + headSize + keySize + value.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(2 * this.#bytes.length, end));
      larger.set(this.#bytes.subarray(0, this.#used));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    const at = this.#used;
    const bytes = this.#bytes;
    bytes[at] = keySize >> 8;
    bytes[at + 1] = keySize & 255;
    bytes[at + 2] = tagOf(transport);
    bytes.set(packet.subarray(idSize), at + 3);
    bytes.set(value, at + headSize + keySize);
    this.#used = end;
    return at;
  }

  #place(hash: number, at: number, packet: Uint8Array | undefined, transport: Transport): void {
    const mask = this.#slots.length / 2 - 1;
    let slot = 2 * (hash & mask);
    for (let probe = 0; probe < mostProbes; probe++) {
      slot = 2 * ((hash + probe) & mask);
      const place = this.#slots[slot + 1] ?? 0;
      if (place === 0) {
        this.size++;
        break;
      }
      const isSame = packet !== undefined && this.#slots[slot] === hash && this.#isKey(place - 1, packet, transport);
      if (isSame) break;
    }
    // After the last probe this forgets another packet's entry, which costs that one an answer made anew.
    this.#slots[slot] = hash;
    this.#slots[slot + 1] = at + 1;
  }

  #widen(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(2 * before.length);
    this.size = 0;
    for (let slot = 0; slot < before.length; slot += 2) {
      const place = before[slot + 1] ?? 0;
      if (place !== 0) this.#place(before[slot] ?? 0, place - 1, undefined, 'udp');
    }
  }

  #isKey(at: number, packet: Uint8Array, transport: Transport): boolean {
    const bytes = this.#bytes;
    const keySize = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (keySize !== packet.length - idSize + 1 || bytes[at + 2] !== tagOf(transport)) return false;
    for (let index = idSize; index < packet.length; index++)
      if (packet[index] !== bytes[at + 3 - idSize + index]) return false;
    return true;
  }

  #valueAt(at: number): number {
    const bytes = this.#bytes;
    return at + headSize + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
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

const tagOf = (transport: Transport): number => (transport === 'udp' ? 1 : 2);
