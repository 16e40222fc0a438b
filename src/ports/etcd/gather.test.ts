import { describe, expect, it } from 'vitest';
import { type Choices, seeded } from '../../core/base/choices.ts';
import { seconds } from '../../core/base/time.ts';
import { EtcdLeaseGone, EtcdUnreachable } from '../../core/errors/etcd.ts';
import { ManualClock } from '../clock/manual.ts';
import { etcdContract } from './contract.ts';
import { gather } from './gather.ts';
import type { Condition, Etcd, Operation, Transaction, TransactionResult } from './index.ts';
import { MemoryEtcdStore } from './memory.ts';

const gathered = (etcd: Etcd, travelled: (transaction: Transaction) => void = () => {}): Etcd => {
  const transact = gather(async (transaction) => {
    travelled(transaction);
    return etcd.transact(transaction);
  });
  return new Proxy(etcd, {
    get: (target, key) => {
      if (key === 'transact') return transact;
      const value = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};

etcdContract('etcd whose transactions are gathered', async () => {
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  return {
    clock,
    here: gathered(store.client()),
    there: gathered(store.client()),
    root: '/test/',
    pass: (duration) => clock.advance(duration),
    [Symbol.asyncDispose]: async () => {},
  };
});

describe('transactions that are asked for at once', () => {
  const world = () => {
    const etcd = new MemoryEtcdStore(new ManualClock()).client();
    const trips: Transaction[] = [];
    return { etcd: gathered(etcd, (trip) => trips.push(trip)), trips };
  };
  const put = (key: string, value = key): Transaction => ({ ops: [{ put: key, value }] });

  it('travel together', async () => {
    const { etcd, trips } = world();
    await Promise.all(Array.from({ length: 50 }, (_, n) => etcd.transact(put(`/${n}`))));
    expect(trips).toHaveLength(1);
  });

  it('share what they have in common', async () => {
    const { etcd, trips } = world();
    const file = { put: '/file', value: 'text' };
    await Promise.all(['/a', '/b'].map((key) => etcd.transact({ ops: [file, { put: key, value: '' }] })));
    const found = await Promise.all([1, 2, 3].map(() => etcd.transact({ ops: [{ get: '/file' }] })));
    expect(trips.map(({ ops }) => ops.length)).toEqual([3, 1]);
    expect(found.map(({ results }) => results[0]?.found[0]?.value)).toEqual(['text', 'text', 'text']);
  });

  it('that are too many for one trip take several', async () => {
    const { etcd, trips } = world();
    await Promise.all(Array.from({ length: 200 }, (_, n) => etcd.transact(put(`/${n}`))));
    expect(trips.map(({ ops }) => ops.length).reduce((sum, one) => sum + one)).toBe(200);
    expect(trips.length).toBeGreaterThan(1);
  });

  it('that write much take several, too', async () => {
    const { etcd, trips } = world();
    const large = 'x'.repeat(100_000);
    await Promise.all(Array.from({ length: 5 }, (_, n) => etcd.transact(put(`/${n}`, large))));
    expect(trips.map(({ ops }) => ops.length)).toEqual([2, 2, 1]);
  });

  it('do not answer for one another when a lease is gone', async () => {
    const { etcd } = world();
    const lease = await etcd.timedLease(seconds(60));
    const outcomes = await Promise.allSettled([
      etcd.transact({ ops: [{ put: '/a', value: '', lease: '999' }] }),
      etcd.transact({ ops: [{ put: '/b', value: '', lease }] }),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect((outcomes[0] as PromiseRejectedResult).reason).toBeInstanceOf(EtcdLeaseGone);
    expect((await etcd.transact({ ops: [{ get: '/b' }] })).results[0]?.found).toHaveLength(1);
  });

  it('all hear that etcd cannot be reached, and those after them are tried', async () => {
    let down = true;
    const etcd = new MemoryEtcdStore(new ManualClock()).client();
    const transact = gather(async (transaction) => {
      if (down) throw new EtcdUnreachable({ endpoints: ['http://a'], doing: 'a transaction' });
      return etcd.transact(transaction);
    });
    const outcomes = await Promise.allSettled(['/a', '/b'].map((key) => transact(put(key))));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    down = false;
    expect((await transact(put('/c'))).held).toBe(true);
  });

  it('pass one that hangs', async () => {
    const etcd = new MemoryEtcdStore(new ManualClock()).client();
    let trips = 0;
    const transact = gather((transaction) => {
      trips += 1;
      return trips === 1 ? new Promise<TransactionResult>(() => {}) : etcd.transact(transaction);
    });
    void transact(put('/hangs'));
    await new Promise(setImmediate);
    expect((await transact(put('/a'))).held).toBe(true);
    expect((await transact(put('/b'))).held).toBe(true);
  });
});

const keys = ['/a/1', '/a/2', '/b'];
const anyCondition = (choices: Choices): Condition => {
  const key = choices.oneOf(keys);
  return choices.chance(50, 100) ? { key, exists: choices.chance(50, 100) } : { key, value: choices.oneOf(['x', 'y']) };
};
const anyOperations = (choices: Choices, depth: number): Operation[] => {
  const unwritten = new Set(keys);
  return Array.from({ length: choices.below(3) }, (): Operation => {
    if (depth > 0 && choices.chance(20, 100)) {
      return { nested: { when: [anyCondition(choices)], ops: [{ get: choices.oneOf([...keys, '/a/']) }] } };
    }
    const key = choices.oneOf(keys);
    if (choices.chance(50, 100) || !unwritten.delete(key)) return { get: choices.oneOf([...keys, '/a/']) };
    return choices.chance(30, 100) ? { remove: key } : { put: key, value: choices.oneOf(['x', 'y']) };
  });
};
const anyTransaction = (choices: Choices): Transaction => ({
  ...(choices.chance(40, 100) ? { when: [anyCondition(choices)], otherwise: anyOperations(choices, 0) } : {}),
  ops: anyOperations(choices, 1),
});

/** What a caller can tell apart, whatever else was going on. */
const seen = ({ held, results }: TransactionResult): unknown => [
  held,
  results.map(({ found, removed, nested }) => [
    found.map(({ key, value }) => [key, value]),
    removed,
    nested && seen(nested),
  ]),
];

it.each(Array.from({ length: 300 }, (_, seed) => seed))(
  'gathered or one after the other, each has the same answer (seed %i)',
  async (seed) => {
    const choices = seeded(seed);
    const asked = Array.from({ length: 12 }, () => anyTransaction(choices));
    const alone = new MemoryEtcdStore(new ManualClock()).client();
    const together = gathered(new MemoryEtcdStore(new ManualClock()).client());
    const expected: unknown[] = [];
    for (const transaction of asked) expected.push(seen(await alone.transact(transaction)));
    expect((await Promise.all(asked.map((one) => together.transact(one)))).map(seen)).toEqual(expected);
  },
);
