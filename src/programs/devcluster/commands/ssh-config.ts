/** `devcluster ssh-config [machine]`. */
import { selectMachine } from '../clusters.ts';
import { ensureKeyFiles } from '../keys.ts';
import { printSshConfig } from '../ssh-config.ts';
import type { Desk } from '../world.ts';
import { type FactsOptions, openCluster, printJson } from './command.ts';

export async function sshConfig(desk: Desk, machine: string | undefined, options: FactsOptions): Promise<void> {
  const { engine, cluster } = await openCluster(desk, options);
  const machines = machine === undefined ? cluster.machines : [selectMachine(cluster, machine)];
  const { identity } = await ensureKeyFiles(engine.docker, desk.config.dataFolder, cluster);
  if (options.output === 'json') {
    const hosts = machines.map(({ name, sshPort }) => ({ host: name, port: sshPort }));
    desk.io.out(printJson({ schema: 1, hostName: '127.0.0.1', user: 'core', identityFile: identity, hosts }));
    return;
  }
  desk.io.stdout.write(printSshConfig(machines, identity));
}
