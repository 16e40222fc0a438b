import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import { EtcdDenied, EtcdUnreachable } from '../../core/errors/etcd.ts';
import { type EtcdServer, type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';
import { systemClock } from '../clock/system.ts';
import { etcdContract } from './contract.ts';
import { openEtcd } from './etcd3.ts';
import type { Etcd, WatchEvent } from './index.ts';

const clock = systemClock();

describe('one server', () => {
  let servers: EtcdServers;
  let worlds = 0;
  beforeAll(async () => {
    servers = await startEtcd(1);
  });
  afterAll(() => servers[Symbol.asyncDispose]());
  const open = async () => openEtcd({ clock, endpoints: servers.endpoints });

  etcdContract('etcd on a real server', async () => {
    worlds += 1;
    const [here, there] = await Promise.all([open(), open()]);
    return {
      ...{ clock, here, there, root: `/test-${worlds}/` },
      pass: (duration) => clock.sleep(duration),
      [Symbol.asyncDispose]: async () => {
        await Promise.all([here, there].map((etcd) => etcd[Symbol.asyncDispose]()));
      },
    };
  });
});

it('says that nobody answers, where it asked and what to do', async () => {
  await using etcd = await openEtcd({
    clock,
    endpoints: ['http://127.0.0.1:1', 'http://127.0.0.1:2'],
    timeout: ms(300),
  });
  const error = await etcd.transact({ ops: [{ get: '/a' }] }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(EtcdUnreachable);
  expect(error.message).toContain('http://127.0.0.1:1, http://127.0.0.1:2');
  expect(error.remedy).toContain('etcdctl');
});

it('tells a watcher once that nobody can be reached', async () => {
  await using etcd = await openEtcd({ clock, endpoints: ['http://127.0.0.1:1'], timeout: ms(100) });
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const events = etcd.watch(['/a/'], stop.signal)[Symbol.asyncIterator]();
  expect((await events.next()).value).toMatchObject({ kind: 'unreachable', cause: { code: 'ETCD_UNREACHABLE' } });
  const again = events.next();
  expect(await Promise.race([again, setTimeout(1_000, 'silence')])).toBe('silence');
});

it('uses a name and a password, says when they are wrong, and outlives the tokens of a restarted server', async () => {
  await using servers = await startEtcd(1);
  await servers.etcdctl('user', 'add', 'root:secret');
  await servers.etcdctl('user', 'grant-role', 'root', 'root');
  await servers.etcdctl('auth', 'enable');
  const { endpoints } = servers;
  await using wrong = await openEtcd({ clock, endpoints, username: 'root', password: 'guess' });
  await expect(wrong.transact({ ops: [] })).rejects.toThrow(EtcdDenied);
  await using nobody = await openEtcd({ clock, endpoints });
  await expect(nobody.transact({ ops: [{ get: '/a' }] })).rejects.toThrow(EtcdDenied);

  await using right = await openEtcd({ clock, endpoints, username: 'root', password: 'secret' });
  const seen = observe(right, '/a/');
  await using lease = await right.keepLease(seconds(5));
  await right.transact({ ops: [{ put: '/a/1', value: '1', lease: lease.id }] });
  await servers.members[0]?.kill();
  await servers.members[0]?.start();
  await right.transact({ ops: [{ put: '/a/2', value: '1' }] });
  await seen.key('/a/2');
  await clock.sleep(seconds(6));
  expect(lease.lost.aborted).toBe(false);
});

describe('a cluster of three in trouble', () => {
  let servers: EtcdServers;
  const damaged = new Set<EtcdServer>();
  beforeAll(async () => {
    servers = await startEtcd(3);
  });
  afterAll(() => servers[Symbol.asyncDispose]());
  afterEach(async () => {
    await Promise.all([...damaged].map((member) => member.start().catch(() => member.unpause())));
    damaged.clear();
  });

  const open = async (first = 0): Promise<Etcd> => {
    const endpoints = [...servers.endpoints.slice(first), ...servers.endpoints.slice(0, first)];
    const etcd = await openEtcd({ clock, endpoints });
    onTestFinished(() => etcd[Symbol.asyncDispose]());
    return etcd;
  };
  const kill = async (at: number) => {
    const member = servers.members[at] as EtcdServer;
    damaged.add(member);
    await member.kill();
  };
  const pause = async (at: number) => {
    const member = servers.members[at] as EtcdServer;
    damaged.add(member);
    await member.pause();
  };
  const heal = async () => {
    await Promise.all([...damaged].map((member) => member.start().catch(() => member.unpause())));
    damaged.clear();
  };
  /** Writes numbered keys, each until it is certain, while something else happens. */
  const writeAlong = async (etcd: Etcd, root: string, trouble: (written: () => number) => Promise<void>) => {
    let over = false;
    let count = 0;
    const writing = (async () => {
      while (!over) {
        count += 1;
        await certainly(() => etcd.transact({ ops: [{ put: `${root}${count}`, value: String(count) }] }));
      }
    })();
    await trouble(() => count);
    over = true;
    await writing;
    return count;
  };

  it.each<[string, (at: number) => Promise<void>]>([
    ['killed', (at) => kill(at)],
    ['frozen', (at) => pause(at)],
  ])('loses no event and tells none twice when the watched member is %s and comes back', async (what, hurt) => {
    const root = `/${what}/`;
    const seen = observe(await open(0), root);
    await seen.beginning;
    const count = await writeAlong(await open(1), root, async (written) => {
      await seen.key(`${root}20`);
      await hurt(0);
      await seen.key(`${root}${written() + 20}`);
      await heal();
      await seen.key(`${root}${written() + 20}`);
    });
    await seen.key(`${root}${count}`);
    expect(seen.keys).toEqual(Array.from({ length: count }, (_, n) => `${root}${n + 1}`));
    expect(seen.beginnings).toBe(1);
  });

  it('answers calls while a member is frozen, also those that it was asked first', async () => {
    const etcd = await open(0);
    await etcd.transact({ ops: [{ get: '/a' }] });
    await pause(0);
    // Without a deadline these would wait until the member thaws, which it does only after this test.
    await etcd.transact({ ops: [{ put: '/a', value: '1' }] });
    const { results } = await etcd.transact({ ops: [{ get: '/a' }] });
    expect(results[0]?.found[0]?.value).toBe('1');
  });

  it.each<[string, (at: number) => Promise<void>]>([
    ['killed', (at) => kill(at)],
    ['frozen', (at) => pause(at)],
  ])('keeps a short lease when the member that renews it is %s', async (_what, hurt) => {
    await using lease = await (await open(0)).keepLease(seconds(3));
    await clock.sleep(seconds(1));
    await hurt(0);
    await clock.sleep(seconds(6));
    expect(lease.lost.aborted).toBe(false);
    expect(lease.validUntil()).toBeGreaterThan(clock.now());
  });

  it('continues without loss after the majority was away', async () => {
    const root = '/majority/';
    const seen = observe(await open(0), root);
    await seen.beginning;
    const count = await writeAlong(await open(0), root, async () => {
      await seen.key(`${root}20`);
      await kill(1);
      await kill(2);
      await clock.sleep(seconds(4));
      await heal();
    });
    await seen.key(`${root}${count}`);
    expect(seen.keys).toEqual(Array.from({ length: count }, (_, n) => `${root}${n + 1}`));
  });

  it('says that a call failed while the majority is away, and tells the holder of a lease by its own clock', async () => {
    const etcd = await open(0);
    const lease = await etcd.keepLease(seconds(2));
    await kill(1);
    await kill(2);
    await expect(etcd.transact({ ops: [{ put: '/a', value: '1' }] })).rejects.toThrow(EtcdUnreachable);
    while (!lease.lost.aborted) await clock.sleep(seconds(30), lease.lost);
    expect(clock.now()).toBeGreaterThanOrEqual(lease.validUntil());
  });

  it('begins anew when what it missed was compacted away', async () => {
    const root = '/compacted/';
    const writer = await open(1);
    await writer.transact({ ops: [{ put: `${root}before`, value: '1' }] });
    // One endpoint only, so that the watch is away while history goes.
    const lonely = await openEtcd({ clock, endpoints: servers.endpoints.slice(0, 1) });
    onTestFinished(() => lonely[Symbol.asyncDispose]());
    const seen = observe(lonely, root);
    await seen.beginning;
    await kill(0);
    await writer.transact({ ops: [{ remove: `${root}before` }] });
    await writer.transact({ ops: [{ put: `${root}after`, value: '1' }] });
    await servers.compact();
    await heal();
    await seen.key(`${root}after`);
    expect(seen.beginnings).toBe(2);
    expect([...seen.now]).toEqual([`${root}after`]);
  });
});

/** Collects what a watch tells. */
function observe(etcd: Etcd, root: string) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const keys: string[] = [];
  const now = new Set<string>();
  let beginnings = 0;
  const told = new EventEmitter();
  const tell = (event: WatchEvent) => {
    if (event.kind === 'all') {
      beginnings += 1;
      now.clear();
      for (const { key } of event.keys) now.add(key);
    } else if (event.kind === 'changes') {
      for (const [key, one] of event.changes) {
        keys.push(key);
        if (one === undefined) now.delete(key);
        else now.add(key);
      }
    }
    told.emit('event');
  };
  void (async () => {
    for await (const event of etcd.watch([root], stop.signal)) tell(event);
  })();
  const until = async (done: () => boolean) => {
    while (!done()) await once(told, 'event');
  };
  return {
    keys,
    now,
    beginning: until(() => beginnings > 0),
    get beginnings() {
      return beginnings;
    },
    key: (wanted: string) => until(() => now.has(wanted)),
  };
}

/** Repeats what may be repeated until it is known to have happened. */
async function certainly(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!(error instanceof EtcdUnreachable)) throw error;
    }
  }
}
