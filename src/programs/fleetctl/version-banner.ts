/** Says so when the cluster's daemons are newer than this client, which matters to one that writes to the registry itself. */
import { OperatingError } from '../../core/errors/define.ts';
import { isOlderVersion, latestVersion } from '../../core/machine/version.ts';
import type { Io } from '../../ports/io/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { Registry } from '../../ports/registry/index.ts';
import { version as own } from './version.ts';

const frame = '#'.repeat(68);

/** Prints nothing when this client is new enough. A check that fails is logged and forgotten. @see fleet.md 7.1 */
export async function warnOfNewerDaemons(
  registry: Pick<Registry, 'read'>,
  io: Pick<Io, 'err'>,
  log: Log,
): Promise<void> {
  try {
    const latest = latestVersion((await registry.read()).machines.map(({ version }) => version));
    if (latest === undefined || !isOlderVersion(own, latest)) return;
    for (const line of banner(latest)) io.err(line);
  } catch (cause) {
    if (!(cause instanceof OperatingError)) throw cause;
    log.error(`Failed to check which versions of fleet the cluster has: ${cause.message}`);
  }
}

const banner = (latest: string): readonly string[] => [
  frame,
  `WARNING: fleetctl (${own}) is older than the latest registered`,
  `version of fleet found in the cluster (${latest}). You are strongly`,
  'recommended to upgrade fleetctl to prevent incompatibility issues.',
  frame,
];
