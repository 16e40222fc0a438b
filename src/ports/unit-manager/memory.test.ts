import { createHash } from 'node:crypto';
import type { UnitHash } from '../../core/unit/types.ts';
import { systemClock } from '../clock/system.ts';
import { unitManagerContract } from './contract.ts';
import { MemorySystemd, MemoryUnitManager } from './memory.ts';

const machine = new MemorySystemd(systemClock());
unitManagerContract('the systemd in memory', {
  open: async () => new MemoryUnitManager(machine),
  hashOf: (file) => createHash('sha1').update(JSON.stringify(file)).digest('hex') as UnitHash,
});
