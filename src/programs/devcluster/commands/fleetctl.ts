/** `devcluster fleetctl …`: our fleetctl, told how to reach the cluster. */
import { NoCluster } from '../../../core/errors/devcluster.ts';
import { ensureKeyFiles } from '../keys.ts';
import { runInOurPlace } from '../spawn.ts';
import type { Desk } from '../world.ts';
import { type ClusterOptions, openCluster } from './command.ts';
import { clusterEnvironment } from './env.ts';

/**
 * @param program the path of our fleetctl
 * @returns its exit code
 */
export async function fleetctl(
  desk: Desk,
  program: string,
  args: readonly string[],
  options: ClusterOptions,
): Promise<number> {
  const { engine, cluster } = await openCluster(desk, options);
  if (cluster.machines.length === 0) throw new NoCluster({});
  const keys = await ensureKeyFiles(engine.docker, desk.config.dataFolder, cluster);
  return runInOurPlace({
    command: process.execPath,
    args: [program, ...args],
    environment: { ...desk.config.environment, ...clusterEnvironment(cluster, keys) },
    remedy: 'Build the programs again: npm run build.',
  });
}
