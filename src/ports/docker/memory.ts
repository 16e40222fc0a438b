/** An engine in memory: the twin that commands are tested with. A container of it "runs" what `onExec` says. */
import { PassThrough, Readable, Writable } from 'node:stream';
import { EngineRefused, NameTaken, NotRunning, SubnetTaken } from '../../core/errors/docker.ts';
import { overlaps } from '../../core/topology/subnet.ts';
import type { ContainerSpec, SeedFile } from '../../core/topology/types.ts';
import type {
  ContainerDetails,
  ContainerState,
  ContainerSummary,
  DockerEngine,
  EngineEvent,
  EngineFacts,
  ExecSpec,
  Execution,
  LabelFilter,
  Labels,
  LogOptions,
  NetworkFacts,
  NetworkSpec,
  VolumeFacts,
} from './index.ts';

interface MemoryContainer {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly files: Map<string, string>;
  state: ContainerState;
  exitCode: number;
}

/** What a command in a container answers. */
export interface Answer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

/** @param stdin all of it, when the caller gave any */
export type OnExec = (container: string, command: readonly string[], stdin: string) => Answer | Promise<Answer>;

export class MemoryDockerEngine implements DockerEngine {
  /** Every call in order, `createContainer lab-core-01`, so that tests can count and compare. */
  readonly calls: string[] = [];
  onExec: OnExec = () => ({});
  /** What happens inside a container that starts. */
  onStart: (container: string) => void | Promise<void> = () => {};
  #containers = new Map<string, MemoryContainer>();
  #networks = new Map<string, NetworkSpec>();
  #volumes = new Map<string, Labels>();
  #listeners = new Set<(event: EngineEvent) => void>();
  #count = 0;

  async facts(): Promise<EngineFacts> {
    return {
      version: '20.10.24',
      apiVersion: '1.41',
      hostname: 'host',
      operatingSystem: 'Debian',
      kernel: '6.1.0',
      architecture: 'x86_64',
      cgroupVersion: '2',
      storageDriver: 'overlay2',
      securityOptions: [],
      cpus: 2,
      memoryBytes: 8e9,
    };
  }

  async networks(filter: LabelFilter = {}): Promise<readonly NetworkFacts[]> {
    return [...this.#networks.values()]
      .filter(({ labels }) => matches(labels, filter))
      .map(({ name, labels, subnet }) => ({ id: name, name, labels, subnets: [subnet] }));
  }

  async createNetwork(spec: NetworkSpec): Promise<string> {
    this.calls.push(`createNetwork ${spec.name}`);
    if (this.#networks.has(spec.name)) throw new NameTaken({ name: spec.name });
    const clash = [...this.#networks.values()].find(({ subnet }) => overlaps(subnet, spec.subnet));
    if (clash !== undefined) throw new SubnetTaken({ subnet: spec.subnet, by: `the network ${clash.name}` });
    this.#networks.set(spec.name, spec);
    return spec.name;
  }

  async removeNetwork(name: string): Promise<void> {
    this.calls.push(`removeNetwork ${name}`);
    this.#networks.delete(name);
  }

  async volumes(filter: LabelFilter): Promise<readonly VolumeFacts[]> {
    return [...this.#volumes]
      .filter(([, labels]) => matches(labels, filter))
      .map(([name, labels]) => ({ name, labels }));
  }

  async createVolume(name: string, labels: Labels): Promise<void> {
    if (!this.#volumes.has(name)) this.#volumes.set(name, labels);
  }

  async removeVolume(name: string): Promise<void> {
    this.calls.push(`removeVolume ${name}`);
    const mounts = [...this.#containers.values()].flatMap(({ spec }) => spec.mounts);
    if (mounts.some((mount) => mount.kind === 'volume' && mount.name === name)) {
      throw new EngineRefused({ doing: `remove the volume ${name}`, reason: 'volume is in use' });
    }
    this.#volumes.delete(name);
  }

  async containers(filter: LabelFilter): Promise<readonly ContainerSummary[]> {
    return [...this.#containers.values()].filter(({ spec }) => matches(spec.labels, filter)).map(summary);
  }

  async inspect(name: string): Promise<ContainerDetails | undefined> {
    const container = this.#find(name);
    if (container === undefined) return undefined;
    const { spec, state, exitCode } = container;
    const isRunning = state === 'running';
    const { network } = spec;
    return {
      ...summary(container),
      exitCode,
      error: '',
      pid: isRunning ? 1 : 0,
      volumes: spec.mounts.flatMap((mount) => (mount.kind === 'volume' ? [mount.name] : [])),
      addresses: isRunning && network ? { [network.name]: network.address ?? '' } : {},
    };
  }

  async createContainer(spec: ContainerSpec): Promise<string> {
    this.calls.push(`createContainer ${spec.name}`);
    if (this.#containers.has(spec.name)) throw new NameTaken({ name: spec.name });
    this.#count += 1;
    const id = String(this.#count).padStart(64, '0');
    this.#containers.set(spec.name, { id, spec, files: new Map(), state: 'created', exitCode: 0 });
    for (const mount of spec.mounts) if (mount.kind === 'volume') await this.createVolume(mount.name, spec.labels);
    return id;
  }

  async seed(name: string, files: readonly SeedFile[]): Promise<void> {
    this.calls.push(`seed ${name}`);
    for (const { path, content } of files) this.#find(name)?.files.set(path, content);
  }

  async readFile(name: string, path: string): Promise<string | undefined> {
    return this.#find(name)?.files.get(path);
  }

  async start(name: string): Promise<void> {
    this.calls.push(`start ${name}`);
    const container = this.#find(name);
    if (container === undefined || container.state === 'running') return;
    container.state = 'running';
    this.#tell('start', container);
    await this.onStart(name);
  }

  async stop(name: string): Promise<void> {
    this.calls.push(`stop ${name}`);
    this.#end(name, 0);
  }

  async kill(name: string): Promise<void> {
    this.calls.push(`kill ${name}`);
    this.#end(name, 137);
  }

  async resume(name: string): Promise<void> {
    this.calls.push(`resume ${name}`);
    const container = this.#find(name);
    if (container?.state === 'paused') container.state = 'running';
  }

  async remove(name: string): Promise<void> {
    this.calls.push(`remove ${name}`);
    const container = this.#find(name);
    if (container === undefined) return;
    this.#end(name, 137);
    this.#containers.delete(container.spec.name);
    this.#tell('destroy', container);
  }

  async logs(_name: string, _options: LogOptions): Promise<Readable> {
    return Readable.from([]);
  }

  async exec(name: string, spec: ExecSpec): Promise<Execution> {
    this.calls.push(`exec ${name} ${spec.command.join(' ')}`);
    if (this.#find(name)?.state !== 'running') throw new NotRunning({ container: name });
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    let given = '';
    const { promise: closed, resolve: close } = deferred();
    const stdin = new Writable({
      write: (chunk, _encoding, done) => {
        given += String(chunk);
        done();
      },
      final: (done) => {
        close();
        done();
      },
    });
    if (spec.stdin !== true) close();
    const exitCode = closed.then(async () => {
      const answer = await this.onExec(name, spec.command, given);
      stdout.end(answer.stdout ?? '');
      stderr.end(answer.stderr ?? '');
      return answer.exitCode ?? 0;
    });
    return { stdin, stdout, stderr, exitCode, resize: async () => {}, [Symbol.dispose]: () => {} };
  }

  async events(filter: LabelFilter, stop: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    const queue = new PassThrough({ objectMode: true });
    const listen = (event: EngineEvent): void => {
      if (matches(event.labels, filter)) queue.write(event);
    };
    this.#listeners.add(listen);
    stop.addEventListener('abort', () => {
      this.#listeners.delete(listen);
      queue.end();
    });
    return queue;
  }

  /** Puts a container into a state that no call leads to. */
  force(name: string, state: ContainerState): void {
    const container = this.#find(name);
    if (container !== undefined) container.state = state;
  }

  /** As if its first process had ended by itself. */
  exit(name: string, exitCode: number): void {
    this.#end(name, exitCode);
  }

  #find(name: string): MemoryContainer | undefined {
    return this.#containers.get(name) ?? [...this.#containers.values()].find(({ id }) => id === name);
  }

  #end(name: string, exitCode: number): void {
    const container = this.#find(name);
    if (container?.state !== 'running') return;
    container.state = 'exited';
    container.exitCode = exitCode;
    this.#tell('die', container, exitCode);
  }

  #tell(kind: EngineEvent['kind'], { spec }: MemoryContainer, exitCode?: number): void {
    const event = { kind, container: spec.name, labels: spec.labels, ...(exitCode === undefined ? {} : { exitCode }) };
    for (const listen of this.#listeners) listen(event);
  }
}

const summary = ({ id, spec, state }: MemoryContainer): ContainerSummary => ({
  id,
  name: spec.name,
  image: spec.image,
  imageId: `sha256:${spec.image}`,
  labels: spec.labels,
  state,
});

const matches = (labels: Labels, filter: LabelFilter): boolean =>
  Object.entries(filter).every(([name, value]) => name in labels && (value === undefined || labels[name] === value));

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
