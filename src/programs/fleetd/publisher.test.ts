import { expect, it, onTestFinished } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { RegistryUnreachable } from '../../core/errors/registry.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { hashOf, parseUnitFile } from '../../core/unit/file.ts';
import type { UnitName } from '../../core/unit/types.ts';
import { ManualClock, settled } from '../../ports/clock/manual.ts';
import { memoryLog } from '../../ports/log/memory.ts';
import type { Membership } from '../../ports/registry/index.ts';
import { MemorySystemd, MemoryUnitManager } from '../../ports/unit-manager/memory.ts';
import { Publisher } from './publisher.ts';

it('takes back a state of which it does not know whether others saw it', async () => {
  const clock = new ManualClock();
  const units = new MemoryUnitManager(new MemorySystemd(clock));
  const web = 'web.service' as UnitName;
  const retracted: UnitName[] = [];
  let answered = false;
  const membership = {
    publish: async (_states: unknown, retract: readonly UnitName[]) => {
      if (!answered) throw new RegistryUnreachable({ doing: 'publishing' });
      retracted.push(...retract);
    },
  } as unknown as Membership;
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  void new Publisher({ clock, log: memoryLog(), units }, membership, 'm1' as MachineId).run(() => {}, stop.signal);
  const file = parseUnitFile('[Service]\nExecStart=/bin/web\n');
  await units.load(web, file, hashOf(file));
  await settled();
  await units.unload(web);
  answered = true;
  await clock.advance(seconds(1));
  expect(retracted).toEqual([web]);
});
