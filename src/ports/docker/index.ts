/**
 * A Docker engine, as far as clusters need one: the promise that `memory.ts` and `dockerode.ts` both keep, proven by
 * `contract.ts`. Images are another promise, in `images.ts`.
 *
 * Things are named by the name they were created with; ids work too. Whatever asks for the state of something that is
 * gone answers undefined; whatever removes something that is gone succeeds.
 */
import type { Readable, Writable } from 'node:stream';
import type { Millis } from '../../core/base/time.ts';
import type { ContainerSpec, SeedFile } from '../../core/topology/types.ts';

export type Labels = Readonly<Record<string, string>>;
/** A value of undefined asks only that the label is there. */
export type LabelFilter = Readonly<Record<string, string | undefined>>;

/** What the engine says about itself and the host it runs on. */
export interface EngineFacts {
  readonly version: string;
  readonly apiVersion: string;
  readonly hostname: string;
  readonly operatingSystem: string;
  readonly kernel: string;
  /** As Docker spells it: `x86_64`, `aarch64`. */
  readonly architecture: string;
  readonly cgroupVersion: string;
  readonly storageDriver: string;
  readonly securityOptions: readonly string[];
  readonly cpus: number;
  readonly memoryBytes: number;
}

export interface NetworkFacts {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  /** IPv4 and IPv6 in CIDR notation; empty for host and none. */
  readonly subnets: readonly string[];
}

export interface NetworkSpec {
  readonly name: string;
  /** In CIDR notation. */
  readonly subnet: string;
  readonly gateway: string;
  /** Where addresses come from that nobody asked for; static ones lie outside it. */
  readonly range: string;
  readonly labels: Labels;
}

export interface VolumeFacts {
  readonly name: string;
  readonly labels: Labels;
}

export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  /** The image's content, whatever its name means today. */
  readonly imageId: string;
  readonly labels: Labels;
  readonly state: ContainerState;
}

export interface ContainerDetails extends ContainerSummary {
  /** Of the last exit; 0 while it never exited. */
  readonly exitCode: number;
  /** What the engine said when it could not start it. */
  readonly error: string;
  /** Network name to address; empty while it is not running. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Zero when it is not running. */
  readonly pid: number;
  /** The names of the volumes that it mounts. */
  readonly volumes: readonly string[];
}

export interface ExecSpec {
  readonly command: readonly string[];
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  /** A terminal: output and errors arrive as one stream, `stdout`. */
  readonly tty?: boolean;
  /** Whether `stdin` is wanted; without it the command reads an end of file. */
  readonly stdin?: boolean;
}

/** A command that runs in a container; disposing lets go of it without ending it. */
export interface Execution extends Disposable {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when the command has ended and said everything; an output that is not read can hold it up. */
  readonly exitCode: Promise<number>;
  /** Tells a `tty` its size. */
  resize(columns: number, rows: number): Promise<void>;
}

export interface EngineEvent {
  readonly kind: 'start' | 'die' | 'destroy';
  readonly container: string;
  readonly labels: Labels;
  /** Present on `die`. */
  readonly exitCode?: number;
}

export interface LogOptions {
  /** The last lines only. */
  readonly tail?: number;
  readonly follow?: boolean;
}

export interface DockerEngine {
  /** @throws {EngineUnreachable} */
  facts(): Promise<EngineFacts>;

  networks(filter?: LabelFilter): Promise<readonly NetworkFacts[]>;
  /** @throws {SubnetTaken} it overlaps one that the engine knows @throws {NameTaken} */
  createNetwork(spec: NetworkSpec): Promise<string>;
  /** Also when containers of ours are still about to leave it: tries until they have, for a short while. */
  removeNetwork(name: string): Promise<void>;

  volumes(filter: LabelFilter): Promise<readonly VolumeFacts[]>;
  /** Does nothing when a volume of that name exists. */
  createVolume(name: string, labels: Labels): Promise<void>;
  /** @throws {EngineRefused} a container, running or not, mounts it */
  removeVolume(name: string): Promise<void>;

  /** Running or not. */
  containers(filter: LabelFilter): Promise<readonly ContainerSummary[]>;
  inspect(name: string): Promise<ContainerDetails | undefined>;
  /** @returns its id @throws {NameTaken} @throws {ImageMissing} */
  createContainer(spec: ContainerSpec): Promise<string>;
  /** Puts files into a container that was created; they are there when its first process starts. */
  seed(name: string, files: readonly SeedFile[]): Promise<void>;
  /** @returns undefined when there is no such file */
  readFile(name: string, path: string): Promise<string | undefined>;
  /** Does nothing when it runs. @throws {StartFailed} with the engine's reason @throws {PortTaken} */
  start(name: string): Promise<void>;
  /** Asks the container to stop and kills it after `grace`; resolves when it has stopped. */
  stop(name: string, grace: Millis): Promise<void>;
  kill(name: string, signal?: string): Promise<void>;
  /** Ends a pause. */
  resume(name: string): Promise<void>;
  /** Kills it if needed; its anonymous volumes go too. */
  remove(name: string): Promise<void>;
  /** What its first process wrote; ends at the end unless it follows. */
  logs(name: string, options: LogOptions): Promise<Readable>;
  /** @throws {NotRunning} */
  exec(name: string, spec: ExecSpec): Promise<Execution>;
  /** From the moment this resolves, until `stop` aborts or the engine goes away. */
  events(filter: LabelFilter, stop: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}
