/** What commands are handed: streams, clocks, the engine, and the makers of machines and images. */
import type { MachineId } from '../../core/machine/types.ts';
import type { MachineOrder } from '../../core/topology/container.ts';
import type { PresentMachine } from '../../core/topology/present.ts';
import type { ClusterSpec, ContainerSpec, MachineSeed, SeedFile } from '../../core/topology/types.ts';
import type { Clock } from '../../ports/clock/index.ts';
import type { ImageStore } from '../../ports/docker/images.ts';
import type { DockerEngine } from '../../ports/docker/index.ts';
import type { FleetApi } from '../../ports/fleet-api/index.ts';
import type { Host } from '../../ports/host/index.ts';
import type { Io } from '../../ports/io/index.ts';
import type { UnitText } from './cluster-files.ts';
import type { Config } from './config.ts';
import type { EngineWorld } from './engine/find.ts';
import type { Golden } from './golden/golden.ts';
import type { Screen } from './screen.ts';

/** What there is before an engine is known. */
export interface Desk {
  readonly config: Config;
  readonly io: Io;
  readonly screen: Screen;
  readonly clock: Clock;
  readonly host: Host;
  /** Aborts when somebody interrupts. */
  readonly stop: AbortSignal;
  /** Where engines are looked for and started. */
  readonly engines: EngineWorld;
  /** The engine to use; with consent one is provided where there is none. @throws {EngineMissing} */
  engine(options: EngineWish): Promise<Engine>;
}

export interface EngineWish {
  /** Whether one may be started, and installed, when there is none. */
  readonly provide: boolean;
  /** Whether that was agreed to on the command line. */
  readonly agreed: boolean;
  readonly said: (line: string) => void;
}

/** One engine, and what the tool can have made on it. */
export interface Engine {
  /** A DOCKER_HOST value. */
  readonly host: string;
  /** Why this one, in words: `DOCKER_HOST`, `a usual socket` … */
  readonly source: string;
  readonly docker: DockerEngine;
  readonly images: ImageStore;
  /** The image that machines are made from, built first if it is not there. */
  machineImage(said: (line: string) => void): Promise<MachineImage>;
  /** The names of that image and of those it stands on, whether they are there or not. */
  machineImageNames(): Promise<readonly string[]>;
  /** Makes these images ready for machines; undefined when there are none. */
  goldenImages(
    wanted: ClusterSpec['images'],
    machineImage: string,
    said: (line: string) => void,
  ): Promise<Golden | undefined>;
  /** The fleet API of one machine. */
  fleet(machine: FleetMachine): Promise<FleetApi>;
  /** Whether the machine's DNS server answers for the cluster's domain. */
  dnsAnswers(machine: PresentMachine, domain: string): Promise<boolean>;
  readonly maker: MachineMaker;
}

export interface MachineImage {
  readonly reference: string;
  readonly id: string;
  /** Whether it had to be built. */
  readonly built: boolean;
}

export interface FleetMachine {
  readonly container: string;
  readonly id: MachineId;
}

/** How a machine is made; pure. */
export interface MachineMaker {
  container(order: MachineOrder): ContainerSpec;
  seed(seed: MachineSeed): readonly SeedFile[];
  /** Where a member of the cluster's etcd is for the others. */
  peerUrl(address: string): string;
  /** The global units that every cluster runs. */
  clusterUnits(domain: string): readonly UnitText[];
}
