/** `devcluster down`: the cluster and everything that carries its label go. */

import { ClusterAmbiguous } from '../../../core/errors/devcluster.ts';
import { nearNames } from '../../../core/topology/near.ts';
import type { ClusterName } from '../../../core/topology/types.ts';
import { hintedName, readClusters, requireName } from '../clusters.ts';
import { removeUnfinishedGolden } from '../golden/volume.ts';
import { keyFiles, removeKeyFiles } from '../keys.ts';
import { refuseWhenHeld } from '../lock.ts';
import { removeCluster } from '../up/machines.ts';
import type { Desk } from '../world.ts';
import { type FactsOptions, nameInNearestFile, openEngine, printJson } from './command.ts';

export interface DownOptions extends FactsOptions {
  /** Also when another process seems to be changing it. */
  readonly force?: boolean;
}

/** A cluster that is not there is as good as removed; the near names are for those who mistyped. */
export async function down(desk: Desk, positional: string | undefined, options: DownOptions): Promise<void> {
  const { docker } = await openEngine(desk);
  const [clusters, hinted] = await Promise.all([
    readClusters(docker),
    positional === undefined
      ? hintedName({
          flag: options.name,
          environment: desk.config.clusterName,
          file: () => nameInNearestFile(desk.config.workingFolder),
        })
      : requireName(positional, 'the command line'),
  ]);
  const known = clusters.map(({ name }) => name);
  if (hinted === undefined && known.length > 1) throw new ClusterAmbiguous({ names: known });
  const name = hinted ?? known[0];
  const report = (removed: object): void => {
    if (options.output === 'json') desk.io.out(printJson({ schema: 1, name: name ?? null, ...removed }));
  };
  if (name === undefined) {
    desk.screen.say('There is no cluster to remove.');
    report({ machines: 0, networks: 0, volumes: 0 });
    return;
  }
  const cluster = clusters.find((candidate) => candidate.name === name);
  await refuseWhenHeld(name, cluster?.lock, options.force ?? false);
  const removed = await removeCluster(docker, name);
  await removeKeyFiles(keyFiles(desk.config.dataFolder, name));
  await removeUnfinishedGolden(docker);
  if (cluster === undefined && removed.volumes === 0) {
    desk.screen.say(`There is no cluster "${name}"; nothing was removed.${nearSentence(name, known)}`);
  } else {
    const { machines } = removed;
    desk.screen.say(`Removed the cluster "${name}": ${machines === 1 ? '1 machine' : `${machines} machines`}.`);
  }
  report(removed);
}

function nearSentence(name: ClusterName, known: readonly string[]): string {
  const near = nearNames(name, known);
  if (near.length > 0) return ` Did you mean ${near.map((other) => `"${other}"`).join(' or ')}?`;
  return known.length === 0 ? '' : ` The clusters are: ${known.join(', ')}.`;
}
