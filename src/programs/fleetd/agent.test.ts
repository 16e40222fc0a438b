import { expect, it } from 'vitest';
import type { Work } from '../../core/agent/types.ts';
import { seconds } from '../../core/base/time.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import { hashOf, parseUnitFile, type UnitName } from '../../core/unit/index.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import { memoryRegistry } from '../../ports/registry/memory.ts';
import { MemorySystemd, MemoryUnitManager } from '../../ports/unit-manager/memory.ts';
import { Agent } from './agent.ts';

const me: Machine = { id: 'm1' as MachineId, publicIp: '', metadata: {}, capabilities: {}, version: '1.0.0' };
const file = parseUnitFile('[Service]\nExecStart=/bin/sleep infinity\n');
const hash = hashOf(file);
const work: Work = {
  placements: [{ unit: 'web.service' as UnitName, machine: me.id, hash, target: 'launched' }],
  globals: [],
  files: new Map([[hash, file]]),
  metadata: {},
};

it.each([
  [6, ['AgentReconciler completed reconciliation in 6s']],
  [4, []],
])('a pass that takes %i s is told when it is slow, in the words of fleet', async (took, told) => {
  const clock = new ManualClock();
  const log = memoryLog();
  const systemd = new MemorySystemd(clock);
  const units = Object.assign(new MemoryUnitManager(systemd), { reload: () => clock.sleep(seconds(took)) });
  const registry = {
    ...memoryRegistry(clock),
    async *work() {
      yield work;
    },
  };
  const stop = new AbortController();
  const running = new Agent({ clock, log, registry, units }).run(me, true, stop.signal);
  await clock.advance(seconds(10));
  expect(systemd.orders).toEqual(['load web.service', 'start web.service']);
  expect(log.events.filter(({ level }) => level === 'warn').map(({ event }) => event)).toEqual(told);
  stop.abort();
  await running;
});
