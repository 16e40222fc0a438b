/** `devcluster list`: every cluster on the engine. */
import { readClusters } from '../clusters.ts';
import { clusterFacts, clustersTable } from '../facts.ts';
import type { Desk } from '../world.ts';
import { openEngine, printJson } from './command.ts';

export interface ListOptions {
  readonly output?: 'text' | 'json' | 'name';
}

export async function list(desk: Desk, { output }: ListOptions): Promise<void> {
  const { docker } = await openEngine(desk);
  const clusters = (await readClusters(docker)).map(clusterFacts);
  if (output === 'json') desk.io.out(printJson({ schema: 1, clusters }));
  else if (output === 'name') for (const { name } of clusters) desk.io.out(name);
  else if (clusters.length === 0) desk.screen.say('There is no cluster. Make one: devcluster up');
  else desk.io.out(clustersTable(clusters));
}
