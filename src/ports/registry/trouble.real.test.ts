import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import type { Cluster } from '../../core/cluster/types.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { LeadershipLost, RegistryUnreachable } from '../../core/errors/registry.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import type { Decision } from '../../core/scheduler/types.ts';
import type { Unit, UnitFile, UnitName } from '../../core/unit/types.ts';
import { type EtcdServer, type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';
import { systemClock } from '../clock/system.ts';
import { openEtcd } from '../etcd/etcd3.ts';
import { memoryLog } from '../log/memory.ts';
import { registryOn } from './etcd.ts';
import type { Leadership, Membership, Registry } from './index.ts';

const clock = systemClock();
const web = 'web.service' as UnitName;
const [m1, m2] = ['m1', 'm2'] as [MachineId, MachineId];
const aMachine = (id: MachineId): Machine => ({ id, publicIp: '', metadata: {}, capabilities: {}, version: '1.0.0' });

/** A unit file that says how often it was replaced. */
const numbered = (n: number): UnitFile => [{ section: 'Service', name: 'ExecStart', value: `/bin/true ${n}` }];
const numberOf = (unit: Pick<Unit, 'file'> | undefined): number => Number(unit?.file[0]?.value.split(' ')[1] ?? 0);

describe('a registry on three members of etcd', () => {
  let servers: EtcdServers;
  let world = 0;
  let stop: AbortController;
  let opened: Registry[];
  beforeAll(async () => {
    servers = await startEtcd(3);
  });
  afterAll(() => servers[Symbol.asyncDispose]());
  beforeEach(() => {
    world += 1;
    stop = new AbortController();
    opened = [];
  });
  afterEach(async () => {
    stop.abort();
    await Promise.all(opened.map((registry) => registry[Symbol.asyncDispose]()));
    await heal();
  });

  /** @param members those that this client knows, the first one first */
  const open = async (members: readonly EtcdServer[] = servers.members): Promise<Registry> => {
    const endpoints = members.map(({ endpoint }) => endpoint);
    const etcd = await openEtcd({ clock, endpoints, timeout: seconds(1), askAfterSilence: seconds(10) });
    const registry = registryOn({ etcd, clock, log: memoryLog(), prefix: `/trouble-${world}/` });
    opened.push(registry);
    return registry;
  };
  const heal = async () => {
    for (const member of servers.members) {
      await member.start().catch(() => {});
      await member.unpause().catch(() => {});
      await member.rejoin();
    }
    await servers.leader();
  };
  const member = (at: number) => servers.members[at] as EtcdServer;
  const others = (than: EtcdServer) => servers.members.filter((one) => one !== than);
  const schedule = (unit: Unit, on: MachineId): Decision => ({
    ...{ kind: 'schedule', unit: unit.name, on, hash: unit.hash, target: 'launched', because: 'test' },
  });
  const leads = async (registry: Registry, me: MachineId): Promise<Leadership> => {
    for (;;) {
      const outcome = await certainly(() => registry.lead(me, seconds(2)));
      if (!('leader' in outcome)) return outcome;
      await registry.leaderless(stop.signal);
    }
  };

  const troubles: readonly (readonly [string, () => Promise<unknown>])[] = [
    [
      'a member is killed and comes back',
      () =>
        during(
          () => member(0).kill(),
          () => member(0).start(),
        ),
    ],
    [
      'a member is frozen and thaws',
      () =>
        during(
          () => member(0).pause(),
          () => member(0).unpause(),
        ),
    ],
    [
      'a member is cut off from the others',
      () =>
        during(
          () => member(0).cutOff('members'),
          () => member(0).rejoin(),
        ),
    ],
    [
      'a member is cut off from everybody',
      () =>
        during(
          () => member(0).cutOff('all'),
          () => member(0).rejoin(),
        ),
    ],
    ['another member leads', () => servers.moveLeader()],
    [
      'the leading member is cut off',
      async () => {
        const leader = await servers.leader();
        await during(
          () => leader.cutOff('members'),
          () => leader.rejoin(),
        );
      },
    ],
    [
      'the majority is away for a while',
      () =>
        during(
          () => Promise.all([member(1).kill(), member(2).kill()]),
          () => Promise.all([member(1).start(), member(2).start()]),
        ),
    ],
    ['history is compacted away', () => servers.compact()],
    [
      'history is compacted away while a member is cut off',
      () =>
        during(
          () => member(0).cutOff('all'),
          async () => {
            await servers.compact();
            await member(0).rejoin();
          },
        ),
    ],
  ];
  const during = async (hurt: () => Promise<unknown>, mend: () => Promise<unknown>) => {
    await hurt();
    // Longer than it takes to notice, and then some.
    await clock.sleep(seconds(5));
    await mend();
  };

  it.each(troubles)(
    'shows everybody every change, in order and never an old one again, while %s',
    async (_what, trouble) => {
      const [writer, reader] = await Promise.all([open([...servers.members].reverse()), open()]);
      const membership: Membership = await writer.join(aMachine(m1), 'boot', seconds(30));
      let leader = await leads(writer, m1);
      const apply = async (decision: Decision): Promise<void> => {
        try {
          await certainly(() => leader.apply([decision]));
        } catch (error) {
          if (!(error instanceof LeadershipLost)) throw error;
          leader = await leads(writer, m1);
          await apply(decision);
        }
      };
      const watching = [
        ordered(reader.cluster(stop.signal), (cluster: Cluster) => numberOf(cluster.units[0])),
        ordered(reader.work(aMachine(m1), stop.signal), (work) =>
          numberOf({ file: [...work.files.values()][0] ?? [] }),
        ),
        ordered(reads(reader, stop.signal), (cluster) => numberOf(cluster.units[0])),
      ];
      let over = false;
      const hurting = (async () => {
        try {
          await clock.sleep(ms(500));
          await trouble();
          await clock.sleep(ms(500));
        } finally {
          over = true;
        }
      })();
      // It is awaited below; until then its failure must not end the whole run.
      hurting.catch(() => {});
      let n = 0;
      while (!over) {
        n += 1;
        await certainly(() => writer.putUnit(web, numbered(n), 'launched'));
        const unit = (await certainly(() => writer.unit(web))) as Unit;
        const decision = n === 1 ? schedule(unit, m1) : ({ ...schedule(unit, m1), kind: 'instruct' } as Decision);
        await apply(decision);
        await clock.sleep(ms(5));
      }
      await hurting;
      await Promise.all(watching.map((one) => one.until(n)));
      expect(watching.map(({ faults }) => faults)).toEqual([[], [], []]);
      expect(membership.lost.aborted).toBe(false);
      await membership[Symbol.asyncDispose]();
      await leader[Symbol.asyncDispose]();
    },
  );

  it('keeps a machine in the cluster while a member is away, whichever it is', async () => {
    const registry = await open();
    for (const victim of servers.members) {
      await using membership = await registry.join(aMachine(m1), 'boot', seconds(3));
      await victim.pause();
      await clock.sleep(seconds(4));
      expect(membership.lost.aborted).toBe(false);
      expect((await certainly(() => registry.read())).machines).toHaveLength(1);
      // Not judged any more once it thaws: etcd may then revoke a lease which it did not see renewed.
      await heal();
    }
  });

  it('takes no write of a leader that was cut off with its member, neither meanwhile nor afterwards', async () => {
    const alone = await servers.leader();
    const [there, here] = await Promise.all([open([alone]), open(others(alone))]);
    await here.putUnit(web, numbered(1), 'launched');
    const unit = (await here.unit(web)) as Unit;
    const stale = await leads(there, m1);
    await alone.cutOff('members');
    const now = await leads(here, m2);
    expect(await now.apply([schedule(unit, m2)])).toHaveLength(1);
    await expect(stale.apply([schedule(unit, m1)])).rejects.toThrow(OperatingError);
    await alone.rejoin();
    await expect(certainly(() => stale.apply([schedule(unit, m1)]))).rejects.toThrow(LeadershipLost);
    expect((await certainly(() => there.read())).placements).toMatchObject([{ unit: web, machine: m2 }]);
    await now[Symbol.asyncDispose]();
  });

  it('takes no write of a leader that slept through its lease, though nothing told it so', async () => {
    const [there, here] = await Promise.all([open(), open()]);
    await here.putUnit(web, numbered(1), 'launched');
    const unit = (await here.unit(web)) as Unit;
    const stale = await leads(there, m1);
    // What a process that is stopped and continued looks like to etcd: its lease is gone, and it has not noticed yet.
    const leases = await servers.etcdctl('lease', 'list');
    for (const [id] of leases.matchAll(/^[0-9a-f]{16}$/gm)) await servers.etcdctl('lease', 'revoke', id);
    await expect(stale.apply([schedule(unit, m1)])).rejects.toThrow(LeadershipLost);
    expect((await here.read()).placements).toEqual([]);
  });

  it('tells a machine by its own clock that it may have left, when no member answers any more', async () => {
    const alone = member(0);
    const [there, here] = await Promise.all([open([alone]), open(others(alone))]);
    const membership = await there.join(aMachine(m1), 'boot', seconds(3));
    await alone.cutOff('all');
    while ((await certainly(() => here.read())).machines.length > 0) await clock.sleep(ms(50));
    // Whoever sees it gone can rely on it knowing.
    expect(membership.lost.aborted).toBe(true);
    await expect(membership.publish([], [web])).rejects.toThrow(OperatingError);
  });

  it('says that it is out of reach, and is itself again afterwards, when the majority is away', async () => {
    const registry = await open();
    await registry.putUnit(web, numbered(1), 'launched');
    await registry.read();
    await Promise.all([member(1).kill(), member(2).kill()]);
    await expect(registry.read()).rejects.toThrow(RegistryUnreachable);
    await expect(registry.putUnit(web, numbered(2), 'launched')).rejects.toThrow(RegistryUnreachable);
    await Promise.all([member(1).start(), member(2).start()]);
    await certainly(() => registry.putUnit(web, numbered(3), 'launched'));
    expect(numberOf((await certainly(() => registry.read())).units[0])).toBe(3);
  });
});

/** Follows what must only grow, and notes where it did not. */
function ordered<T>(source: AsyncIterable<T>, numberIn: (value: T) => number) {
  const faults: string[] = [];
  let last = 0;
  let arrived = () => {};
  void (async () => {
    for await (const value of source) {
      const n = numberIn(value);
      if (n < last) faults.push(`${n} after ${last}`);
      last = Math.max(last, n);
      arrived();
    }
  })();
  return {
    faults,
    until: async (n: number) => {
      while (last < n)
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
    },
  };
}

async function* reads(registry: Registry, stop: AbortSignal) {
  while (!stop.aborted) {
    yield await certainly(() => registry.read());
    await clock.sleep(ms(20), stop);
  }
}

/** Repeats what may be repeated until it is known to have happened. */
async function certainly<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RegistryUnreachable)) throw error;
      await clock.sleep(ms(50));
    }
  }
}
