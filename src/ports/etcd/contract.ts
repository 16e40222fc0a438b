/** What every etcd promises, the one in memory too. */
import { describe, expect, it } from 'vitest';
import { type Millis, seconds } from '../../core/base/time.ts';
import { EtcdLeaseGone } from '../../core/errors/etcd.ts';
import { worldPerTest } from '../../testing/world-per-test.ts';
import type { Clock } from '../clock/index.ts';
import { type Etcd, isKept, type KeyValue, type WatchEvent } from './index.ts';

export interface EtcdUnderTest extends AsyncDisposable {
  readonly clock: Clock;
  /** Two clients of one etcd, which is empty below `root`. */
  readonly here: Etcd;
  readonly there: Etcd;
  /** Ends in a slash. */
  readonly root: string;
  /** Makes `duration` pass. */
  readonly pass: (duration: Millis) => Promise<void>;
}

export function etcdContract(name: string, make: () => Promise<EtcdUnderTest>): void {
  describe(`${name} keeps the promise of etcd`, () => {
    const test = worldPerTest(make);

    const at = (key: string) => `${test.world.root}${key}`;
    const put = (key: string, value: string, etcd = test.world.here) =>
      etcd.transact({ ops: [{ put: at(key), value }] });
    const read = async (range: string): Promise<readonly KeyValue[]> =>
      (await test.world.there.transact({ ops: [{ get: at(range) }] })).results[0]?.found ?? [];
    const valuesIn = async (range: string) =>
      (await read(range)).map(({ key, value }) => [key.slice(test.world.root.length), value]);
    const watch = (...ranges: string[]) =>
      test.world.there.watch(ranges.map(at), test.stop.signal)[Symbol.asyncIterator]();

    describe('a transaction', () => {
      it('reads one key, or everything below a slash in key order', async () => {
        for (const key of ['a/2', 'a/1', 'a', 'ab/1', 'a.b']) await put(key, key);
        expect(await valuesIn('a')).toEqual([['a', 'a']]);
        expect(await valuesIn('a/')).toEqual([
          ['a/1', 'a/1'],
          ['a/2', 'a/2'],
        ]);
      });

      it('keeps text of any alphabet', async () => {
        await put('schlüssel/日本', 'wert 🎉 ');
        expect(await valuesIn('schlüssel/')).toEqual([['schlüssel/日本', 'wert 🎉 ']]);
      });

      it('leaves values out when only keys are asked for', async () => {
        await put('a', 'long');
        const { results } = await test.world.there.transact({ ops: [{ get: at('a'), keysOnly: true }] });
        expect(results[0]?.found).toMatchObject([{ key: at('a'), value: '' }]);
      });

      it('tells when a key came to be and when it was last put, and its own revision', async () => {
        const first = (await put('a', '1')).revision;
        const second = (await put('a', '2')).revision;
        expect(await read('a')).toMatchObject([{ created: first, modified: second, lease: undefined }]);
        await test.world.here.transact({ ops: [{ remove: at('a') }] });
        const third = (await put('a', '3')).revision;
        expect(await read('a')).toMatchObject([{ created: third, modified: third }]);
      });

      it('counts what it removes', async () => {
        for (const key of ['a/1', 'a/2', 'b']) await put(key, '');
        const { results } = await test.world.here.transact({ ops: [{ remove: at('a/') }, { remove: at('c') }] });
        expect(results.map(({ removed }) => removed)).toEqual([2, 0]);
      });

      it.each([
        ['a key that exists', { key: 'a', exists: true }, true],
        ['a key that does not', { key: 'b', exists: true }, false],
        ['the absence of a key', { key: 'b', exists: false }, true],
        ['the absence of a key that is there', { key: 'a', exists: false }, false],
        ['a value', { key: 'a', value: 'yes' }, true],
        ['another value', { key: 'a', value: 'no' }, false],
        ['a value where no key is', { key: 'b', value: 'yes' }, false],
      ])('is carried out or not depending on %s', async (_name, { key, ...condition }, expected) => {
        await put('a', 'yes');
        const when = [{ key: at(key), ...condition }] as Parameters<Etcd['transact']>[0]['when'] & {};
        const ops = [{ put: at('out'), value: 'held' }];
        const { held } = await test.world.here.transact({ when, ops, otherwise: [{ put: at('out'), value: 'not' }] });
        expect(held).toBe(expected);
        expect(await valuesIn('out')).toEqual([['out', expected ? 'held' : 'not']]);
      });

      it('depends on the revisions and the lease of a key, too', async () => {
        const { revision } = await put('a', '1');
        const lease = await test.world.here.timedLease(seconds(60));
        await test.world.here.transact({ ops: [{ put: at('b'), value: '', lease }] });
        const holds = async (condition: Record<string, unknown>) =>
          (await test.world.here.transact({ when: [condition as never], ops: [] })).held;
        expect(await holds({ key: at('a'), created: revision })).toBe(true);
        expect(await holds({ key: at('a'), created: revision - 1 })).toBe(false);
        expect(await holds({ key: at('a'), modified: revision })).toBe(true);
        expect(await holds({ key: at('a'), modified: revision + 1 })).toBe(false);
        expect(await holds({ key: at('b'), lease })).toBe(true);
        expect(await holds({ key: at('a'), lease })).toBe(false);
        expect(await holds({ key: at('c'), lease })).toBe(false);
      });

      it('judges nested transactions one by one, all before anything is written', async () => {
        await put('a', '1');
        const step = (when: string, key: string) => ({
          nested: { when: [{ key: at(when), exists: true }], ops: [{ put: at(key), value: 'new' }] },
        });
        const { held, results } = await test.world.here.transact({
          ops: [step('a', 'x'), step('x', 'y'), step('b', 'z')],
        });
        expect(held).toBe(true);
        expect(results.map(({ nested }) => nested?.held)).toEqual([true, false, false]);
        expect(await valuesIn('x')).toEqual([['x', 'new']]);
      });

      it('does nothing when a put names a lease that is gone', async () => {
        const ops = [
          { put: at('a'), value: '1' },
          { put: at('b'), value: '1', lease: '12345' },
        ];
        await expect(test.world.here.transact({ ops })).rejects.toThrow(EtcdLeaseGone);
        expect(await read('a')).toEqual([]);
      });
    });

    describe('a lease', () => {
      it('that is kept outlives its term, and its keys with it', async () => {
        await using lease = await test.world.here.keepLease(seconds(2));
        await test.world.here.transact({ ops: [{ put: at('a'), value: '', lease: lease.id }] });
        await test.world.pass(seconds(5));
        expect(lease.lost.aborted).toBe(false);
        expect(lease.validUntil()).toBeGreaterThan(test.world.clock.now());
        expect(await read('a')).toMatchObject([{ lease: lease.id }]);
      });

      it('that is kept can be told from one whose time runs', async () => {
        await using kept = await test.world.here.keepLease(seconds(60));
        const timed = await test.world.here.timedLease(seconds(60));
        expect([isKept(kept.id), isKept(timed)]).toEqual([true, false]);
      });

      it('takes its keys along when it is disposed', async () => {
        const lease = await test.world.here.keepLease(seconds(60));
        await test.world.here.transact({ ops: [{ put: at('a'), value: '', lease: lease.id }] });
        await lease[Symbol.asyncDispose]();
        expect(await read('a')).toEqual([]);
        expect(await test.world.there.timeLeft(lease.id)).toBeUndefined();
      });

      it('that is abandoned runs out by itself, and its holder hears nothing of it', async () => {
        const lease = await test.world.here.keepLease(seconds(2));
        await test.world.here.transact({ ops: [{ put: at('a'), value: '', lease: lease.id }] });
        lease.abandon();
        expect(await read('a')).toHaveLength(1);
        const events = watch('a');
        await events.next();
        const gone = events.next();
        await test.world.pass(seconds(3));
        expect((await gone).value.changes).toEqual(new Map([[at('a'), undefined]]));
        expect(lease.lost.aborted).toBe(false);
      });

      it('releases a key that was put again without it', async () => {
        const lease = await test.world.here.keepLease(seconds(60));
        await test.world.here.transact({ ops: [{ put: at('a'), value: '', lease: lease.id }] });
        await put('a', 'free');
        await lease[Symbol.asyncDispose]();
        expect(await valuesIn('a')).toEqual([['a', 'free']]);
      });

      it('that is timed tells what is left of it, and takes its keys along when it ends', async () => {
        const lease = await test.world.here.timedLease(seconds(2));
        await test.world.here.transact({ ops: [{ put: at('a'), value: '', lease }] });
        expect(await test.world.there.timeLeft(lease)).toBeLessThanOrEqual(2_000);
        const events = watch('a');
        await events.next();
        const gone = events.next();
        await test.world.pass(seconds(2));
        expect((await gone).value).toMatchObject({ kind: 'changes', changes: new Map([[at('a'), undefined]]) });
        expect(await test.world.there.timeLeft(lease)).toBeUndefined();
      });
    });

    describe('a watch', () => {
      it('begins with everything in its ranges, and nothing else', async () => {
        for (const key of ['a/1', 'b', 'c/1', 'c2/1']) await put(key, key);
        const { value } = await watch('a/', 'b', 'c/').next();
        expect(value.kind).toBe('all');
        expect(value.keys.map((one: KeyValue) => one.value)).toEqual(['a/1', 'b', 'c/1']);
      });

      it('tells every change in its ranges', async () => {
        const events = watch('a/', 'b');
        await events.next();
        await put('other', '1');
        for (const key of ['a/1', 'b', 'a/2']) {
          await put(key, '1');
          expect([...(await events.next()).value.changes.keys()]).toEqual([at(key)]);
        }
      });

      it('tells a busy consumer where each key ended', async () => {
        const events = watch('a/');
        await events.next();
        for (let n = 0; n < 10; n++) await put(`a/${n % 2}`, String(n));
        await test.world.here.transact({ ops: [{ remove: at('a/1') }] });
        await put('a/last', '');
        const seen = new Map<string, string | undefined>();
        while (!seen.has(at('a/last'))) {
          const event: WatchEvent = (await events.next()).value;
          if (event.kind === 'changes') for (const [key, one] of event.changes) seen.set(key, one?.value);
        }
        expect(Object.fromEntries(seen)).toEqual({ [at('a/0')]: '8', [at('a/1')]: undefined, [at('a/last')]: '' });
      });

      it('tells all keys that one transaction changed together', async () => {
        const events = watch('a/');
        await events.next();
        const keys = Array.from({ length: 100 }, (_, n) => at(`a/${n}`));
        const { revision } = await test.world.here.transact({ ops: keys.map((key) => ({ put: key, value: '' })) });
        const { value } = await events.next();
        expect([...value.changes.keys()].toSorted()).toEqual(keys.toSorted());
        expect(value.upTo).toBe(revision);
      });

      it('loses nothing that happens while it begins, and tells nothing twice', async () => {
        const writes = 200;
        const seenBy = async () => {
          const seen: string[] = [];
          for await (const event of test.world.there.watch([at('a/'), at('b/')], test.stop.signal)) {
            if (event.kind === 'all') seen.push(...event.keys.map(({ key }) => key));
            else if (event.kind === 'changes') seen.push(...event.changes.keys());
            if (seen.includes(at(`b/${writes}`))) return seen;
          }
          return seen;
        };
        const watchers: Promise<string[]>[] = [];
        const expected: string[] = [];
        for (let n = 1; n <= writes; n++) {
          if (n % 25 === 0) watchers.push(seenBy());
          const key = n % 2 === 0 ? `b/${n}` : `a/${n}`;
          expected.push(at(key));
          await put(key, '');
        }
        for (const seen of await Promise.all(watchers)) expect(seen.toSorted()).toEqual(expected.toSorted());
      });

      it('tells up to which revision it has told everything, when asked also of changes elsewhere', async () => {
        const { revision: before } = await put('a/1', '1');
        const watching = test.world.there.watch([at('a/')], test.stop.signal);
        const events = watching[Symbol.asyncIterator]();
        expect((await events.next()).value.upTo).toBeGreaterThanOrEqual(before);
        const { revision: elsewhere } = await put('b', '1');
        watching.confirm();
        const { value } = await events.next();
        expect(value).toEqual({ kind: 'changes', changes: new Map(), upTo: elsewhere });
        const { revision } = await put('a/2', '1');
        expect((await events.next()).value.upTo).toBe(revision);
      });

      it('ends when its signal aborts, and when its client is disposed', async () => {
        const events = watch('a/');
        await events.next();
        const pending = events.next();
        test.stop.abort();
        expect((await pending).done).toBe(true);
        const others = test.world.there.watch([at('a/')], new AbortController().signal)[Symbol.asyncIterator]();
        await others.next();
        const waiting = others.next();
        await test.world.there[Symbol.asyncDispose]();
        expect((await waiting).done).toBe(true);
      });
    });
  });
}
