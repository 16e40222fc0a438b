/** What status, list and up print about clusters, for people and for programs. */
import { printMetadata } from '../../core/topology/metadata.ts';
import { machineId } from '../../core/topology/names.ts';
import type { PresentCluster } from '../../core/topology/present.ts';
import { printTable } from './table.ts';

export interface MachineFactsShown {
  readonly name: string;
  readonly index: number;
  /** `running`, `stopped`, `starting` …: of its container. */
  readonly state: string;
  readonly address: string;
  readonly sshPort: number;
  readonly id: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly container: string;
}

export interface ClusterFactsShown {
  /** Of this very shape; a change that breaks readers counts it up. */
  readonly schema: 1;
  readonly name: string;
  readonly domain: string;
  readonly subnet: string;
  readonly machines: readonly MachineFactsShown[];
}

export function clusterFacts(cluster: PresentCluster): ClusterFactsShown {
  const spec = cluster.machines.find((machine) => machine.spec !== undefined)?.spec ?? cluster.lock?.spec;
  return {
    schema: 1,
    name: cluster.name,
    domain: spec?.domain ?? '',
    subnet: cluster.origin?.subnet ?? '',
    machines: cluster.machines.map((machine) => ({
      name: machine.name,
      index: machine.index,
      state: stateWord(machine.state),
      address: machine.address,
      sshPort: machine.sshPort,
      id: machineId(cluster.name, machine.index),
      metadata: machine.spec?.machines.find(({ index }) => index === machine.index)?.metadata ?? {},
      container: machine.container,
    })),
  };
}

/** The engine's word for a machine that was switched off is `exited`. */
const stateWord = (state: string): string => (state === 'exited' ? 'stopped' : state);

export const machinesTable = ({ machines }: ClusterFactsShown): string =>
  printTable(
    ['MACHINE', 'STATE', 'ADDRESS', 'SSH', 'ID', 'METADATA'],
    machines.map(({ name, state, address, sshPort, id, metadata }) => [
      name,
      state,
      address,
      `127.0.0.1:${sshPort}`,
      `${id.slice(0, 8)}...`,
      printMetadata(metadata),
    ]),
  );

export const clustersTable = (clusters: readonly ClusterFactsShown[]): string =>
  printTable(
    ['CLUSTER', 'MACHINES', 'SUBNET', 'DOMAIN'],
    clusters.map(({ name, machines, subnet, domain }) => {
      const running = machines.filter(({ state }) => state === 'running').length;
      return [name, `${running}/${machines.length} running`, subnet || '-', domain || '-'];
    }),
  );
