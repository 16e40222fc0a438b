/** `devcluster status`: one cluster, machine by machine. */
import { clusterFacts, machinesTable } from '../facts.ts';
import { isHeld } from '../lock.ts';
import type { Desk } from '../world.ts';
import { type FactsOptions, openCluster, printJson } from './command.ts';

export async function status(desk: Desk, options: FactsOptions): Promise<void> {
  const { cluster } = await openCluster(desk, options);
  const facts = clusterFacts(cluster);
  if (options.output === 'json') {
    desk.io.out(printJson(facts));
    return;
  }
  desk.screen.say(`Cluster "${facts.name}" in ${facts.subnet || 'no network'}, services below ${facts.domain || '-'}.`);
  if (cluster.lock !== undefined) {
    desk.screen.say(
      (await isHeld(cluster.lock))
        ? 'Another devcluster is changing it right now.'
        : 'An up of it was interrupted. Finish it with devcluster up, or clean up with devcluster down.',
    );
  }
  desk.io.out(machinesTable(facts));
}
