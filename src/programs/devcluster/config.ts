/** What the environment says to devcluster, read once. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface Config {
  /** DEVCLUSTER_NAME: the cluster of commands that do not name one. */
  readonly clusterName: string | undefined;
  /** Where keys of clusters are kept on this host: under XDG_DATA_HOME. */
  readonly dataFolder: string;
  /** Where a cluster file is looked for, and upwards from there. */
  readonly workingFolder: string;
  /** DOCKER_HOST. */
  readonly dockerHost: string | undefined;
  /** How a person calls this program here: `devcluster`, or `bin/devcluster` in a checkout. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export function readConfig(environment: Config['environment'], workingFolder: string, program = 'devcluster'): Config {
  const data = environment['XDG_DATA_HOME'] || join(environment['HOME'] || homedir(), '.local', 'share');
  return {
    clusterName: environment['DEVCLUSTER_NAME'] || undefined,
    dataFolder: join(data, 'devcluster'),
    workingFolder,
    dockerHost: environment['DOCKER_HOST'] || undefined,
    program,
    environment,
  };
}
