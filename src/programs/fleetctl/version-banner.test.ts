import { expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import type { MachineId } from '../../core/machine/types.ts';
import { ManualClock } from '../../ports/clock/manual.ts';
import { memoryRegistry } from '../../ports/registry/memory.ts';
import { captureIo } from '../../testing/capture-io.ts';
import { fleetctlLog } from './log.ts';
import { warnOfNewerDaemons } from './version-banner.ts';

/** What is printed in a cluster of machines with these versions. */
const printed = async (versions: readonly string[], reachable = true): Promise<string> => {
  const clock = new ManualClock();
  const registry = memoryRegistry(clock);
  for (const [index, version] of versions.entries()) {
    const machine = { id: `m${index}` as MachineId, publicIp: '', metadata: {}, capabilities: {}, version };
    await registry.join(machine, `boot ${index}`, seconds(30));
  }
  if (!reachable) registry.line.cut();
  const io = captureIo();
  await warnOfNewerDaemons(registry, io, fleetctlLog(io, clock, false));
  expect(io.output()).toBe('');
  return io.errors();
};

it('warns when a daemon is newer, of the newest', async () => {
  expect(await printed(['1.0.0', '1.10.0', '1.2.0', 'unknown'])).toBe(
    `${'#'.repeat(68)}\n` +
      'WARNING: fleetctl (1.0.0) is older than the latest registered\n' +
      'version of fleet found in the cluster (1.10.0). You are strongly\n' +
      'recommended to upgrade fleetctl to prevent incompatibility issues.\n' +
      `${'#'.repeat(68)}\n`,
  );
});

it.each([[['0.11.7', '1.0.0']], [[]], [['1.0.0+git', 'unknown']]])('says nothing about %j', async (versions) => {
  expect(await printed(versions)).toBe('');
});

it('only logs that it could not look', async () => {
  expect(await printed(['9.0.0'], false)).toMatch(
    / ERROR .*: Failed to check which versions of fleet the cluster has: .+\n$/,
  );
});
