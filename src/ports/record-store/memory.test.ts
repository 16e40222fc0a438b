import { expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { RecordStoreUnreachable } from '../../core/errors/record-store.ts';
import { ManualClock } from '../clock/manual.ts';
import { MemoryEtcdStore } from '../etcd/memory.ts';
import { recordStoreContract } from './contract.ts';
import type { RecordsEvent } from './index.ts';
import { memoryRecordStore } from './memory.ts';

function aWorld() {
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  return { clock, here: memoryRecordStore(clock, store), there: memoryRecordStore(clock, store) };
}

recordStoreContract('the memory record store', async () => {
  const { clock, here, there } = aWorld();
  return {
    clock,
    here,
    there,
    prefix: '/skydns',
    pass: (duration) => clock.advance(duration),
    [Symbol.asyncDispose]: async () => {},
  };
});

it('tells a watcher that the store is out of reach, and what it missed when it is back', async () => {
  const { here, there } = aWorld();
  const stop = new AbortController();
  const events = there.watch('/skydns', stop.signal)[Symbol.asyncIterator]();
  const next = async (): Promise<RecordsEvent> => (await events.next()).value;
  await next();
  there.line.cut();
  await here.put('/skydns/a', '1');
  expect((await next()).kind).toBe('unreachable');
  there.line.mend();
  expect(await next()).toEqual({ kind: 'changes', put: [{ key: '/skydns/a', value: '1' }], removed: [] });
});

it('tells a watcher that the store is back also when nothing changed meanwhile', async () => {
  const { there } = aWorld();
  const events = there.watch('/skydns', new AbortController().signal)[Symbol.asyncIterator]();
  const next = async (): Promise<RecordsEvent> => (await events.next()).value;
  await next();
  there.line.cut();
  expect((await next()).kind).toBe('unreachable');
  there.line.mend();
  expect(await next()).toEqual({ kind: 'changes', put: [], removed: [] });
});

it('says in the words of records that the store is out of reach', async () => {
  const { here } = aWorld();
  here.line.cut();
  await expect(here.get('/skydns/a')).rejects.toThrow(RecordStoreUnreachable);
  await expect(here.session(seconds(1))).rejects.toThrow(RecordStoreUnreachable);
});

it('drops the records of a session that was cut off for its whole ttl, and tells its holder first', async () => {
  const { clock, here, there } = aWorld();
  const session = await here.session(seconds(3));
  await session.put('/skydns/a', '1');
  here.line.cut();
  await clock.advance(seconds(2));
  expect(await there.get('/skydns/a')).toBe('1');
  await clock.advance(seconds(1));
  expect(session.lost.aborted).toBe(true);
  expect(await there.get('/skydns/a')).toBeUndefined();
});
