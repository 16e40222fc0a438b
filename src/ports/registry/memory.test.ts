import { describe, expect, it } from 'vitest';
import { hours, minutes, ms, seconds } from '../../core/base/time.ts';
import type { UnitState } from '../../core/cluster/types.ts';
import { EtcdUnreachable } from '../../core/errors/etcd.ts';
import { LeadershipLost, MembershipLost, RegistryUnreachable } from '../../core/errors/registry.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import type { Unit, UnitHash, UnitName } from '../../core/unit/types.ts';
import { ManualClock } from '../clock/manual.ts';
import type { Etcd } from '../etcd/index.ts';
import { MemoryEtcdStore } from '../etcd/memory.ts';
import { memoryLog } from '../log/memory.ts';
import { registryContract } from './contract.ts';
import { registryOn } from './etcd.ts';
import type { Leadership, Registry } from './index.ts';
import { memoryRegistry } from './memory.ts';

function aWorld() {
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  return { clock, store, here: memoryRegistry(clock, store), there: memoryRegistry(clock, store) };
}

registryContract('the memory registry', async () => {
  const { clock, here, there } = aWorld();
  return { clock, here, there, pass: (duration) => clock.advance(duration), [Symbol.asyncDispose]: async () => {} };
});

/** As a client meets it that did not get the answer to its first attempt and asked the next member. */
const stuttering = (etcd: Etcd): Etcd => ({
  transact: async (transaction) => {
    const placing = transaction.ops.some((op) => 'nested' in op);
    if (!placing) await etcd.transact(transaction);
    return etcd.transact(transaction);
  },
  keepLease: (term) => etcd.keepLease(term),
  timedLease: (term) => etcd.timedLease(term),
  timeLeft: (lease) => etcd.timeLeft(lease),
  watch: (ranges, stop) => etcd.watch(ranges, stop),
  [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
});

registryContract('a registry whose writes are carried out twice', async () => {
  const clock = new ManualClock();
  const store = new MemoryEtcdStore(clock);
  const [here, there] = [1, 2].map(() => registryOn({ etcd: stuttering(store.client()), clock, log: memoryLog() }));
  return {
    ...{ clock, here: here as Registry, there: there as Registry },
    pass: (duration) => clock.advance(duration),
    [Symbol.asyncDispose]: async () => {},
  };
});

const m1: Machine = { id: 'm1' as MachineId, publicIp: '10.0.0.1', metadata: {}, capabilities: {}, version: '1.0.0' };
const web = 'web.service' as UnitName;

describe('a registry that is cut off', () => {
  it('says so, in its own words, to whoever calls', async () => {
    const { here } = aWorld();
    here.line.cut();
    await expect(here.read()).rejects.toThrow(RegistryUnreachable);
    await expect(here.join(m1, 'boot', seconds(3))).rejects.toThrow(RegistryUnreachable);
    await expect(here.lead(m1.id, seconds(3))).rejects.toThrow(RegistryUnreachable);
    await expect(here.setTarget(web, 'loaded')).rejects.toThrow(RegistryUnreachable);
  });

  it('keeps its membership through an outage shorter than the lease', async () => {
    const { clock, here, there } = aWorld();
    const membership = await here.join(m1, 'boot', seconds(3));
    here.line.cut();
    await clock.advance(ms(2_900));
    expect(membership.validUntil() - clock.now()).toBe(100);
    here.line.mend();
    await clock.advance(seconds(10));
    expect(membership.lost.aborted).toBe(false);
    expect((await there.read()).machines).toHaveLength(1);
  });

  it('tells a member that its lease may have run out no later than others can see it gone', async () => {
    const { clock, here, there } = aWorld();
    const membership = await here.join(m1, 'boot', seconds(3));
    let othersSaw: number | undefined;
    membership.lost.addEventListener('abort', async () => {
      othersSaw = (await there.read()).machines.length;
    });
    here.line.cut();
    await clock.advance(seconds(3));
    expect(membership.lost.reason).toBeInstanceOf(MembershipLost);
    expect(othersSaw).toBeDefined();
    expect((await there.read()).machines).toEqual([]);
  });

  it('cannot write as a leader once its lease ran out, even when nobody else leads', async () => {
    const { clock, here } = aWorld();
    const leader = (await here.lead(m1.id, seconds(3))) as Leadership;
    here.line.cut();
    await clock.advance(seconds(4));
    here.line.mend();
    const decision = { kind: 'unschedule', unit: web, from: m1.id, because: 'test' } as const;
    await expect(leader.apply([decision])).rejects.toThrow(LeadershipLost);
    expect(leader.lost.aborted).toBe(true);
  });

  it('tells those who wait that a leader which was cut off leads no more', async () => {
    const { clock, here, there } = aWorld();
    await here.lead(m1.id, seconds(3));
    const free = there.leaderless(new AbortController().signal);
    here.line.cut();
    await clock.advance(seconds(3));
    await free;
  });

  it.each([
    ['continues', false],
    ['begins anew, when history was forgotten,', true],
  ])('%s its picture when it is mended, with nothing lost', async (_name, compacted) => {
    const { store, here, there } = aWorld();
    const pictures = here.cluster(new AbortController().signal)[Symbol.asyncIterator]();
    await there.putUnit('old.service' as UnitName, [], 'inactive');
    await pictures.next();
    here.line.cut();
    await there.removeUnit('old.service' as UnitName);
    await there.putUnit(web, [], 'launched');
    if (compacted) store.compact();
    here.line.mend();
    const { units } = (await pictures.next()).value;
    expect(units.map(({ name }: { name: string }) => name)).toEqual(['web.service']);
  });
});

it('leaves the machine where it is when it joins again and does not hear that it did', async () => {
  const { clock, store, here, there } = aWorld();
  await here.join(m1, 'boot', seconds(60));
  const etcd = store.client();
  const transact = etcd.transact.bind(etcd);
  etcd.transact = async (transaction) => {
    const result = await transact(transaction);
    if (transaction.ops.length > 0 && result.held) throw new EtcdUnreachable({ endpoints: ['deaf'], doing: 'a test' });
    return result;
  };
  const again = registryOn({ etcd, clock, log: memoryLog() });
  await expect(again.join(m1, 'boot', seconds(3))).rejects.toThrow(RegistryUnreachable);
  expect((await there.read()).machines).toHaveLength(1);
  await clock.advance(seconds(4));
  expect((await there.read()).machines).toEqual([]);
});

describe('a write that a member delivers long after its sender gave up', () => {
  /** A machine whose next write is on its way until it is delivered, while the machine hears that it failed. */
  const slowWorld = () => {
    const { clock, store, there } = aWorld();
    const etcd = store.client();
    const transact = etcd.transact.bind(etcd);
    let held: (() => Promise<unknown>)[] = [];
    let holding = false;
    etcd.transact = async (transaction) => {
      if (!holding) return transact(transaction);
      held.push(() => transact(transaction));
      throw new EtcdUnreachable({ endpoints: ['slow'], doing: 'a transaction' });
    };
    return {
      there,
      here: registryOn({ etcd, clock, log: memoryLog() }),
      slowly: async (write: () => Promise<void>) => {
        holding = true;
        await expect(write()).rejects.toThrow(RegistryUnreachable);
        holding = false;
      },
      deliver: async () => {
        for (const one of held) await one();
        held = [];
      },
    };
  };
  const running: UnitState = {
    ...{ unit: web, machine: m1.id, hash: 'h' as UnitHash, load: 'loaded', active: 'active', sub: 'running' },
    launched: true,
  };
  const stopped = { ...running, active: 'inactive', sub: 'dead', launched: false };

  it('does not undo what the machine published since', async () => {
    const { there, here, slowly, deliver } = slowWorld();
    const membership = await here.join(m1, 'boot', seconds(60));
    await membership.publish([running], []);
    await slowly(() => membership.publish([{ ...running, sub: 'exited' }], []));
    await membership.publish([stopped], []);
    await deliver();
    expect((await there.read()).states).toEqual([stopped]);
    await membership.publish([running], []);
    expect((await there.read()).states).toEqual([running]);
  });

  it('does not bring back what the machine retracted since', async () => {
    const { there, here, slowly, deliver } = slowWorld();
    const membership = await here.join(m1, 'boot', seconds(60));
    await slowly(() => membership.publish([running], []));
    await membership.publish([running], []);
    await membership.publish([], [web]);
    await deliver();
    expect((await there.read()).states).toEqual([]);
  });

  it('does not undo what the machine announced since', async () => {
    const { there, here, slowly, deliver } = slowWorld();
    const membership = await here.join(m1, 'boot', seconds(60));
    await slowly(() => membership.update({ ...m1, publicIp: '10.0.0.2' }));
    await membership.update({ ...m1, publicIp: '10.0.0.3' });
    await deliver();
    expect((await there.read()).machines).toMatchObject([{ publicIp: '10.0.0.3' }]);
  });
});

describe('between the reading and the writing of a change', () => {
  /** A registry that lets somebody else act just before its first conditional write. */
  const interrupted = (clock: ManualClock, store: MemoryEtcdStore, act: () => Promise<unknown>) => {
    const etcd = store.client();
    const transact = etcd.transact.bind(etcd);
    let acted = false;
    etcd.transact = async (transaction) => {
      if (!acted && (transaction.when ?? []).length > 0) {
        acted = true;
        await act();
      }
      return transact(transaction);
    };
    return registryOn({ etcd, clock, log: memoryLog() });
  };

  it('a file that is replaced meanwhile is not undone by a new target state', async () => {
    const { clock, store, here, there } = aWorld();
    await here.putUnit(web, [], 'inactive');
    const replaced = [{ section: 'Service', name: 'ExecStart', value: '/bin/new' }];
    const slow = interrupted(clock, store, () => there.putUnit(web, replaced, 'inactive'));
    expect(await slow.setTarget(web, 'launched')).toBe(true);
    expect(await here.unit(web)).toMatchObject({ file: replaced, target: 'launched' });
  });

  it('a placement that is made meanwhile is removed with its unit', async () => {
    const { clock, store, here, there } = aWorld();
    await here.putUnit(web, [], 'launched');
    const { hash } = (await here.unit(web)) as Unit;
    const leader = (await there.lead(m1.id, seconds(60))) as Leadership;
    const decision = { kind: 'schedule', unit: web, on: m1.id, hash, target: 'launched', because: 'test' } as const;
    const slow = interrupted(clock, store, () => leader.apply([decision]));
    expect(await slow.removeUnit(web)).toBe(true);
    expect(await here.read()).toMatchObject({ units: [], placements: [] });
  });

  it('a placement that moves meanwhile is removed with its unit', async () => {
    const { clock, store, here, there } = aWorld();
    await here.putUnit(web, [], 'launched');
    const { hash } = (await here.unit(web)) as Unit;
    const leader = (await there.lead(m1.id, seconds(60))) as Leadership;
    const placed = { kind: 'schedule', unit: web, on: m1.id, hash, target: 'launched', because: 'test' } as const;
    const taken = { kind: 'unschedule', unit: web, from: m1.id, because: 'test' } as const;
    await leader.apply([placed]);
    const slow = interrupted(clock, store, () => leader.apply([taken, { ...placed, on: 'm2' as MachineId }]));
    expect(await slow.removeUnit(web)).toBe(true);
    expect(await here.read()).toMatchObject({ units: [], placements: [] });
  });

  it('a unit that somebody else removes meanwhile was removed', async () => {
    const { clock, store, here, there } = aWorld();
    await here.putUnit(web, [], 'launched');
    const slow = interrupted(clock, store, () => there.removeUnit(web));
    expect(await slow.removeUnit(web)).toBe(true);
  });
});

it('removes files that no unit and no placement has any more, while somebody leads', async () => {
  const { clock, store, here, there } = aWorld();
  const file = (exec: string) => [{ section: 'Service', name: 'ExecStart', value: exec }];
  const files = () => store.read('/_coreos.com/fleet/file/').length;
  await here.putUnit(web, file('/bin/1'), 'launched');
  await here.putUnit('twin.service' as UnitName, file('/bin/1'), 'launched');
  const { hash } = (await here.unit(web)) as Unit;
  const leader = (await there.lead(m1.id, seconds(60))) as Leadership;
  await leader.apply([{ kind: 'schedule', unit: web, on: m1.id, hash, target: 'launched', because: 'test' }]);
  await here.putUnit(web, file('/bin/2'), 'launched');
  await here.putUnit(web, file('/bin/3'), 'launched');
  await here.removeUnit('twin.service' as UnitName);
  expect(files()).toBe(3);
  await clock.advance(minutes(1));
  expect(files()).toBe(2);
  await leader.apply([{ kind: 'unschedule', unit: web, from: m1.id, because: 'test' }]);
  await clock.advance(hours(1));
  expect(files()).toBe(1);
  await leader[Symbol.asyncDispose]();
  await here.removeUnit(web);
  await clock.advance(hours(3));
  expect(files()).toBe(1);
});

it('skips entries that cannot be read, and names them', async () => {
  const { store, here } = aWorld();
  await here.putUnit(web, [], 'launched');
  const root = '/_coreos.com/fleet/';
  const broken = ['unit/bad.service', 'schedule/m1/bad.service', 'machines/m9/object', 'states/bad.service/m1'];
  store.transact({ ops: broken.map((key) => ({ put: `${root}${key}`, value: '{' })) });
  expect(await here.read()).toMatchObject({ units: [{ name: web }], placements: [], machines: [], states: [] });
});

it('does not believe a unit file whose text does not have its hash', async () => {
  const { store, here, there } = aWorld();
  await here.putUnit(web, [{ section: 'Service', name: 'ExecStart', value: '/bin/a' }], 'launched');
  const hash = (await here.unit(web))?.hash as UnitHash;
  store.transact({ ops: [{ put: `/_coreos.com/fleet/file/${hash}`, value: '[Service]\nExecStart=/bin/evil\n' }] });
  expect(await there.unit(web)).toBeUndefined();
});
