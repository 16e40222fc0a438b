/** What commands share: the options that choose a cluster, and how facts are printed. */
import type { PresentCluster } from '../../../core/topology/present.ts';
import { findClusterFile, readClusterFile } from '../cluster-files.ts';
import { selectCluster } from '../clusters.ts';
import type { Desk, Engine } from '../world.ts';

export interface ClusterOptions {
  /** `--name`. */
  readonly name?: string;
}

export interface FactsOptions extends ClusterOptions {
  /** `-o`. */
  readonly output?: 'text' | 'json';
}

/** An engine that is there; commands that look around start none. */
export const openEngine = (desk: Desk): Promise<Engine> =>
  desk.engine({ provide: false, agreed: false, said: (line) => desk.screen.say(line) });

export interface Selected {
  readonly engine: Engine;
  readonly cluster: PresentCluster;
}

export async function openCluster(desk: Desk, { name }: ClusterOptions): Promise<Selected> {
  const engine = await openEngine(desk);
  const cluster = await selectCluster(engine.docker, {
    flag: name,
    environment: desk.config.clusterName,
    file: () => nameInNearestFile(desk.config.workingFolder),
  });
  return { engine, cluster };
}

export async function nameInNearestFile(folder: string): Promise<string | undefined> {
  const path = await findClusterFile(folder);
  return path === undefined ? undefined : (await readClusterFile(path)).draft.name;
}

export const printJson = (facts: unknown): string => JSON.stringify(facts, null, 2);
