/** `devcluster ssh [machine] [-- command]`: the system's own ssh, as user core. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selectRunningMachine } from '../clusters.ts';
import { ensureKeyFiles } from '../keys.ts';
import { runInOurPlace } from '../spawn.ts';
import { printSshConfig } from '../ssh-config.ts';
import type { Desk } from '../world.ts';
import { type ClusterOptions, openCluster } from './command.ts';

/** @returns the exit code of the command, or of the shell */
export async function ssh(
  desk: Desk,
  machineName: string | undefined,
  command: readonly string[],
  options: ClusterOptions,
): Promise<number> {
  const { engine, cluster } = await openCluster(desk, options);
  const machine = selectRunningMachine(cluster, machineName);
  const { identity } = await ensureKeyFiles(engine.docker, desk.config.dataFolder, cluster);
  const folder = await mkdtemp(join(tmpdir(), 'devcluster-ssh-'));
  try {
    const config = join(folder, 'config');
    await writeFile(config, printSshConfig([machine], identity));
    return await runInOurPlace({
      command: 'ssh',
      args: ['-F', config, machine.name, ...(command.length === 0 ? [] : ['--', ...command])],
      environment: desk.config.environment,
      remedy: `Install the OpenSSH client, or use: devcluster exec ${machine.name} -- ${command.join(' ') || 'bash'}.`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
