import { describe, expect, it } from 'vitest';
import { seeded, seeds } from '../../core/base/choices.ts';
import { offsetOf, PacketTable } from './packet-table.ts';
import { ReplyCache } from './reply-cache.ts';

/** A question's bytes: an id, and what is asked. */
const packet = (id: number, text: string) =>
  Buffer.concat([Buffer.from([id >> 8, id & 255]), Buffer.from(text.padEnd(12, '.'))]);
const reply = (text: string) => Buffer.from(`..${text}`);
const system = 'auth' as const;
const always = Number.POSITIVE_INFINITY;

describe('the table of packets', () => {
  it.each(seeds(50))('holds what was put last, for every key and transport (seed %i)', (seed) => {
    const choices = seeded(seed);
    const table = new PacketTable(choices.below(2 ** 31));
    const model = new Map<string, string>();
    for (let step = 0; step < 3_000; step++) {
      const key = packet(choices.below(65_536), 'x'.repeat(choices.below(40)) + choices.below(600));
      const transport = choices.oneOf(['udp', 'tcp'] as const);
      const value = `value ${step}`;
      table.put(key, transport, Buffer.from(value));
      model.set(`${transport} ${key.subarray(2)}`, value);
    }
    expect(table.size).toBe(model.size);
    for (const [name, value] of model) {
      const [, transport = '', text = ''] = /^(\w+) (.*)$/s.exec(name) ?? [];
      const place = table.find(packet(7, text), transport as 'udp');
      const { buffer } = table.memoryOf(place);
      expect(Buffer.from(buffer, offsetOf(place), value.length).toString()).toBe(value);
    }
    expect(table.find(packet(7, 'never put'), 'udp')).toBe(0);
  });

  it('forgets, rather than search without end, when all keys meet', () => {
    const table = new PacketTable(1);
    // Equal but for the id, which is no part of a key: one entry. Another length each: as many.
    for (let size = 0; size < 5_000; size++) table.put(packet(size, 'y'.repeat(size % 480)), 'udp', Buffer.from('z'));
    expect(table.size).toBeGreaterThan(400);
    expect(table.size).toBeLessThanOrEqual(480);
  });
});

describe('the memory of replies', () => {
  const aCache = (capacity: number, chosen: number[] = []) =>
    new ReplyCache(capacity, (bound) => (chosen.shift() ?? 0) % bound);
  const found = (cache: ReplyCache, text: string, now = 0) => {
    const remembered = cache.find(packet(0x0102, text), 'udp', now);
    return remembered === undefined ? undefined : Buffer.from(remembered.bytes).toString('latin1');
  };

  it('gives a reply the id of whoever asks, and its own memory', () => {
    const cache = aCache(10);
    cache.keep(packet(1, 'a'), 'udp', { bytes: reply('hello'), system: 'stub', until: always });
    const [first, second] = [1, 2].map((id) => cache.find(packet(id, 'a'), 'udp', 0));
    expect([first, second]).toEqual([
      { bytes: new Uint8Array([0, 1, ...Buffer.from('hello')]), system: 'stub' },
      { bytes: new Uint8Array([0, 2, ...Buffer.from('hello')]), system: 'stub' },
    ]);
    first?.bytes.fill(0);
    expect(found(cache, 'a')).toBe('\u0001\u0002hello');
  });

  it('tells transports and spellings apart, and knows nothing of others', () => {
    const cache = aCache(10);
    cache.keep(packet(1, 'a'), 'tcp', { bytes: reply('x'), system, until: always });
    expect(found(cache, 'a')).toBeUndefined();
    expect(cache.find(packet(1, 'A'), 'tcp', 0)).toBeUndefined();
    expect(cache.find(packet(1, 'a'), 'tcp', 0)).toBeDefined();
    expect(cache.find(Buffer.from('short'), 'tcp', 0)).toBeUndefined();
  });

  it('forgets a reply at its time', () => {
    const cache = aCache(10);
    cache.keep(packet(1, 'a'), 'udp', { bytes: reply('x'), system, until: 100 });
    expect(found(cache, 'a', 99)).toBeDefined();
    expect(found(cache, 'a', 100)).toBeUndefined();
    cache.keep(packet(1, 'a'), 'udp', { bytes: reply('y'), system, until: 200 });
    expect(found(cache, 'a', 100)).toBe('\u0001\u0002y');
  });

  it('repeats the orders of an answer only when it has collected enough of them, and then any of them', () => {
    const cache = aCache(10, [0, 11, 5]);
    for (let order = 0; order < 12; order++) {
      expect(found(cache, 'a')).toBeUndefined();
      const bytes = reply(`${order} ${'z'.repeat(order * 30)}`);
      cache.keep(packet(1, 'a'), 'udp', { bytes, system, until: always, isOneOfMany: true });
    }
    expect(found(cache, 'a')?.slice(2)).toBe(`11 ${'z'.repeat(330)}`);
    expect(found(cache, 'a')?.slice(2)).toBe(`5 ${'z'.repeat(150)}`);
  });

  it('holds a reply of any size', () => {
    const cache = aCache(10);
    for (const size of [65_535, 3, 65_535, 40_000]) {
      cache.keep(packet(1, 'a'), 'udp', { bytes: Buffer.alloc(size, 7), system, until: always });
      expect(cache.find(packet(1, 'a'), 'udp', 0)?.bytes).toHaveLength(size);
    }
  });

  it('holds the latest, and about as many as it may', () => {
    const cache = aCache(100);
    const kept = () =>
      Array.from({ length: 1_000 }, (_, at) => `n${at}`).filter((name) => found(cache, name) !== undefined);
    for (let at = 0; at < 1_000; at++)
      cache.keep(packet(1, `n${at}`), 'udp', { bytes: reply('x'), system, until: always });
    expect(kept().at(-1)).toBe('n999');
    expect(kept().length).toBeGreaterThanOrEqual(50);
    expect(kept().length).toBeLessThanOrEqual(100);
    cache.clear();
    expect(kept()).toEqual([]);
  });

  it('never takes more memory for replies than it was given, however large they are', () => {
    const cache = aCache(20_000);
    const bytes = Buffer.alloc(4_000);
    for (let at = 0; at < 5_000; at++) cache.keep(packet(1, `n${at}`), 'udp', { bytes, system, until: always });
    const kept = Array.from({ length: 5_000 }, (_, at) => `n${at}`).filter((name) => found(cache, name) !== undefined);
    expect(kept.length * bytes.length).toBeLessThan(9 * 2 ** 20);
    expect(kept.length).toBeGreaterThan(900);
  });

  it('keeps nothing when it may not', () => {
    const cache = aCache(0);
    cache.keep(packet(1, 'a'), 'udp', { bytes: reply('x'), system, until: always });
    expect(found(cache, 'a')).toBeUndefined();
  });
});
