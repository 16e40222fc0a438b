import { expect, it } from 'vitest';
import { ManualClock } from '../clock/manual.ts';
import { etcdContract } from './contract.ts';
import { MemoryEtcdStore } from './memory.ts';

etcdContract('etcd in memory', async () => {
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  return {
    clock,
    here: store.client(),
    there: store.client(),
    root: '/test/',
    pass: (duration) => clock.advance(duration),
    [Symbol.asyncDispose]: async () => {},
  };
});

it('refuses what a real server refuses: too many operations, or one key written twice', async () => {
  const etcd = new MemoryEtcdStore(new ManualClock()).client();
  const puts = (count: number) => Array.from({ length: count }, (_, n) => ({ put: `/${n}`, value: '' }));
  await etcd.transact({ ops: puts(128) });
  await expect(etcd.transact({ ops: puts(129) })).rejects.toThrow('at most 128');
  await expect(etcd.transact({ ops: [...puts(100), { nested: { ops: puts(28) } }] })).rejects.toThrow('at most 27');
  await expect(etcd.transact({ ops: [...puts(1), ...puts(1)] })).rejects.toThrow('duplicate key');
});
