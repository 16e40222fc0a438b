/** What every record store promises. */
import { describe, expect, it } from 'vitest';
import { type Millis, seconds } from '../../core/base/time.ts';
import { worldPerTest } from '../../testing/world-per-test.ts';
import type { Clock } from '../clock/index.ts';
import type { RecordStore, RecordsEvent } from './index.ts';

export interface RecordStoreUnderTest extends AsyncDisposable {
  readonly clock: Clock;
  /** Two clients of one store, both empty below `prefix`. */
  readonly here: RecordStore;
  readonly there: RecordStore;
  readonly prefix: string;
  /** Makes `duration` pass. */
  readonly pass: (duration: Millis) => Promise<void>;
}

export function recordStoreContract(name: string, make: () => Promise<RecordStoreUnderTest>): void {
  describe(`${name} keeps the promise of a record store`, () => {
    const test = worldPerTest(make);
    const key = (name: string) => `${test.world.prefix}/${name}`;

    it('gives back what was put, and nothing where nothing is', async () => {
      await test.world.here.put(key('web/1'), '{"host":"10.0.0.1"}');
      expect(await test.world.there.get(key('web/1'))).toBe('{"host":"10.0.0.1"}');
      expect(await test.world.there.get(key('web'))).toBeUndefined();
    });

    it('lists what lies below a prefix, in key order, and not its neighbours', async () => {
      for (const name of ['web/2', 'web/1', 'web2/1']) await test.world.here.put(key(name), name);
      expect(await test.world.there.list(key('web'))).toEqual([
        { key: key('web/1'), value: 'web/1' },
        { key: key('web/2'), value: 'web/2' },
      ]);
      expect(await test.world.there.list(key('web/'))).toHaveLength(2);
    });

    it('removes a key, and says whether there was one', async () => {
      await test.world.here.put(key('a'), '1');
      expect(await test.world.there.remove(key('a'))).toBe(true);
      expect(await test.world.there.remove(key('a'))).toBe(false);
      expect(await test.world.here.get(key('a'))).toBeUndefined();
    });

    it('removes a key only if it still has the value that the remover knows', async () => {
      await test.world.here.put(key('a'), 'new');
      expect(await test.world.there.remove(key('a'), 'old')).toBe(false);
      expect(await test.world.here.get(key('a'))).toBe('new');
      expect(await test.world.there.remove(key('a'), 'new')).toBe(true);
    });

    it('shows a watcher everything there is, then every change', async () => {
      await test.world.here.put(key('a'), '1');
      const events = test.world.there.watch(test.world.prefix, test.stop.signal)[Symbol.asyncIterator]();
      expect(await next(events)).toEqual({ kind: 'all', records: [{ key: key('a'), value: '1' }] });
      await test.world.here.put(key('a'), '2');
      expect(await next(events)).toEqual({ kind: 'changes', put: [{ key: key('a'), value: '2' }], removed: [] });
      await test.world.here.remove(key('a'));
      expect(await next(events)).toEqual({ kind: 'changes', put: [], removed: [key('a')] });
    });

    it('tells a busy watcher the outcome of each key once', async () => {
      const events = test.world.there.watch(test.world.prefix, test.stop.signal)[Symbol.asyncIterator]();
      await next(events);
      await test.world.here.put(key('kept'), '1');
      await test.world.here.put(key('kept'), '2');
      await test.world.here.put(key('gone'), '1');
      await test.world.here.remove(key('gone'));
      await test.world.here.put(key('last'), '1');
      const picture = new Map<string, string>();
      while (picture.get(key('last')) === undefined) {
        const event = await next(events);
        if (event?.kind !== 'changes') throw new Error(`unexpected ${event?.kind}`);
        for (const { key, value } of event.put) picture.set(key, value);
        for (const removed of event.removed) picture.delete(removed);
      }
      expect([...picture]).toEqual([
        [key('kept'), '2'],
        [key('last'), '1'],
      ]);
    });

    it('ends a watch when its signal aborts', async () => {
      const events = test.world.there.watch(test.world.prefix, test.stop.signal)[Symbol.asyncIterator]();
      await next(events);
      const pending = events.next();
      test.stop.abort();
      expect((await pending).done).toBe(true);
    });

    it('lets a record with a ttl expire, and tells watchers when that will be', async () => {
      await test.world.here.put(key('short'), '1', seconds(2));
      const events = test.world.there.watch(test.world.prefix, test.stop.signal)[Symbol.asyncIterator]();
      const first = await next(events);
      const [record] = first?.kind === 'all' ? first.records : [];
      expect(record?.expiresAt).toBeGreaterThan(test.world.clock.now());
      expect(record?.expiresAt).toBeLessThanOrEqual(test.world.clock.now() + 2_000);
      const gone = next(events);
      await test.world.pass(seconds(2));
      expect(await gone).toEqual({ kind: 'changes', put: [], removed: [key('short')] });
    });

    it('keeps the records of a session for longer than their ttl while the session lives', async () => {
      await using session = await test.world.here.session(seconds(2));
      await session.put(key('a'), '1');
      await test.world.pass(seconds(5));
      expect(session.lost.aborted).toBe(false);
      expect(await test.world.there.list(test.world.prefix)).toEqual([{ key: key('a'), value: '1' }]);
    });

    it('lets a record live with the session that wrote it last, whatever becomes of those before', async () => {
      const first = await test.world.here.session(seconds(60));
      await using second = await test.world.there.session(seconds(60));
      await first.put(key('a'), '1');
      await test.world.here.put(key('b'), '1');
      for (const name of ['a', 'b']) await second.put(key(name), '1');
      await first[Symbol.asyncDispose]();
      expect(await test.world.there.get(key('a'))).toBe('1');
      await second[Symbol.asyncDispose]();
      expect(await test.world.here.list(test.world.prefix)).toEqual([]);
    });

    it('removes every record of a session when it is closed, at once', async () => {
      const events = test.world.there.watch(test.world.prefix, test.stop.signal)[Symbol.asyncIterator]();
      await next(events);
      {
        await using session = await test.world.here.session(seconds(60));
        await session.put(key('a'), '1');
        await session.put(key('b'), '1');
        const seen: string[] = [];
        while (seen.length < 2) {
          const event = await next(events);
          if (event?.kind === 'changes') seen.push(...event.put.map((record) => record.key));
        }
      }
      expect(await next(events)).toEqual({ kind: 'changes', put: [], removed: [key('a'), key('b')] });
    });
  });
}

const next = async (events: AsyncIterator<RecordsEvent>): Promise<RecordsEvent | undefined> => {
  const { value, done } = await events.next();
  return done ? undefined : value;
};
