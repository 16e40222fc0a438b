import { expect, it } from 'vitest';
import { ms, seconds } from '../../core/base/time.ts';
import type { UnitState } from '../../core/cluster/types.ts';
import { RegistryUnreachable } from '../../core/errors/registry.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { hashOf, parseUnitFile, type UnitName } from '../../core/unit/index.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import type { Membership } from '../../ports/registry/index.ts';
import { MemorySystemd, MemoryUnitManager } from '../../ports/unit-manager/memory.ts';
import { Publisher } from './publisher.ts';

const sleeper = parseUnitFile('[Service]\nExecStart=/bin/sleep infinity\n');
const names = (count: number) => Array.from({ length: count }, (_, n) => `u${n}.service` as UnitName);

/** A machine with a publisher, whose writes take 10 ms each and may fail. */
const aPublisher = () => {
  const clock = new ManualClock();
  const units = new MemoryUnitManager(new MemorySystemd(clock));
  const writes: { readonly at: number; readonly states: readonly UnitState[]; readonly retract: readonly string[] }[] =
    [];
  const world = { clock, units, log: memoryLog() };
  const trouble = { now: false };
  const membership = {
    async publish(states: readonly UnitState[], retract: readonly UnitName[]) {
      if (trouble.now) throw new RegistryUnreachable({ doing: 'publishing unit states' });
      writes.push({ at: clock.now(), states, retract });
      await clock.sleep(ms(10));
    },
  } as unknown as Membership;
  const publisher = new Publisher(world, membership, 'm1' as MachineId);
  const stop = new AbortController();
  let complete = false;
  const running = () =>
    publisher.run(() => {
      complete = true;
    }, stop.signal);
  return { ...world, publisher, writes, trouble, running, stop, isComplete: () => complete };
};
const load = (units: MemoryUnitManager, all: readonly UnitName[]) =>
  Promise.all(all.map((name) => units.load(name, sleeper, hashOf(sleeper))));

it('publishes what is here at once, then what changes, and retracts what goes', async () => {
  const { clock, units, writes, running, stop, publisher, isComplete } = aPublisher();
  await load(units, names(2));
  const over = running();
  await clock.advance(ms(50));
  expect(isComplete()).toBe(true);
  await units.start('u0.service' as UnitName);
  await clock.advance(ms(50));
  await units.unload('u1.service' as UnitName);
  await clock.advance(ms(50));
  expect(writes.map(({ states, retract }) => [states.map(({ unit, sub }) => `${unit} ${sub}`), retract])).toEqual([
    [['u0.service dead', 'u1.service dead'], []],
    [['u0.service running'], []],
    [[], ['u1.service']],
  ]);
  expect([...publisher.published.keys()]).toEqual(['u0.service']);
  stop.abort();
  await over;
});

it('writes nothing for news that change nothing', async () => {
  const { clock, units, writes, running, stop } = aPublisher();
  await load(units, names(1));
  const over = running();
  await clock.advance(ms(50));
  await load(units, names(1));
  await clock.advance(ms(50));
  expect(writes).toHaveLength(1);
  stop.abort();
  await over;
});

it('makes few writes of a burst, and waits for nobody when there is none', async () => {
  const { clock, units, writes, running, stop } = aPublisher();
  const over = running();
  await load(units, names(500));
  for (const name of names(500)) {
    await units.start(name);
    await clock.advance(ms(2));
  }
  await clock.advance(seconds(1));
  expect(writes.flatMap(({ states }) => states).filter(({ sub }) => sub === 'running')).toHaveLength(500);
  expect(writes.length).toBeLessThan(40);
  const before = clock.now();
  await units.stop('u7.service' as UnitName);
  await clock.advance(ms(0));
  expect(writes.at(-1)?.at).toBe(before);
  await clock.advance(ms(10));
  stop.abort();
  await over;
});

it('shows what it could not write yet, and writes it as soon as it can', async () => {
  const { clock, units, writes, trouble, running, stop, publisher } = aPublisher();
  const over = running();
  trouble.now = true;
  await load(units, names(1));
  await clock.advance(seconds(1));
  expect([writes, [...publisher.toPublish().keys()]]).toEqual([[], ['u0.service']]);
  trouble.now = false;
  await clock.advance(seconds(1));
  expect(writes).toHaveLength(1);
  expect(publisher.toPublish().size).toBe(0);
  stop.abort();
  await over;
});

it('takes back a state of which it does not know whether others saw it', async () => {
  const { clock, units, writes, trouble, running, stop } = aPublisher();
  const over = running();
  trouble.now = true;
  await load(units, names(1));
  await clock.advance(seconds(1));
  await units.unload('u0.service' as UnitName);
  trouble.now = false;
  await clock.advance(seconds(1));
  expect(writes.at(-1)?.retract).toEqual(['u0.service']);
  stop.abort();
  await over;
});
