/** A host that a test describes. */
import type { UsedRange } from '../../core/topology/subnet.ts';
import type { Host } from './index.ts';

export const memoryHost = (ranges: readonly UsedRange[] = [], takenPorts: ReadonlySet<number> = new Set()): Host => ({
  ranges: async () => ranges,
  isPortFree: async (port) => !takenPorts.has(port),
  sshAnswers: async () => true,
});
