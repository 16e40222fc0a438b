/** A real engine, over its HTTP API. */
import { once } from 'node:events';
import { type Duplex, PassThrough, type Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Millis, seconds, wholeSeconds } from '../../core/base/time.ts';
import { NotRunning } from '../../core/errors/docker.ts';
import type { ContainerSpec, SeedFile } from '../../core/topology/types.ts';
import type { Clock } from '../clock/index.ts';
import type { Docker } from './client.ts';
import { split } from './demux.ts';
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
import { firstFileIn, tarOf } from './tar.ts';
import { createOptions, failureOf, isGone, isSettled, translate } from './translate.ts';

/** How long a network may keep endpoints of containers that are on their way out. */
const networkPatience = seconds(10);

export class DockerodeEngine implements DockerEngine {
  readonly #docker: Docker;
  readonly #host: string;
  readonly #clock: Clock;

  constructor(docker: Docker, host: string, clock: Clock) {
    this.#docker = docker;
    this.#host = host;
    this.#clock = clock;
  }

  async facts(): Promise<EngineFacts> {
    return this.#ask('tell about itself', async () => {
      const [version, info] = await Promise.all([this.#docker.version(), this.#docker.info()]);
      return {
        version: version.Version,
        apiVersion: version.ApiVersion,
        hostname: info.Name,
        operatingSystem: info.OperatingSystem,
        kernel: info.KernelVersion,
        architecture: info.Architecture,
        cgroupVersion: info.CgroupVersion ?? '1',
        storageDriver: info.Driver,
        securityOptions: info.SecurityOptions ?? [],
        cpus: info.NCPU,
        memoryBytes: info.MemTotal,
      };
    });
  }

  async networks(filter: LabelFilter = {}): Promise<readonly NetworkFacts[]> {
    return this.#ask('list networks', async () => {
      const list = await this.#docker.listNetworks({ filters: { label: labelFilters(filter) } });
      return list.map((network) => ({
        id: network.Id,
        name: network.Name,
        labels: network.Labels ?? {},
        subnets: (network.IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet === undefined ? [] : [Subnet])),
      }));
    });
  }

  async createNetwork(spec: NetworkSpec): Promise<string> {
    const create = () =>
      this.#docker.createNetwork({
        Name: spec.name,
        CheckDuplicate: true,
        Driver: 'bridge',
        IPAM: {
          Driver: 'default',
          Config: [{ Subnet: spec.subnet, Gateway: spec.gateway, IPRange: spec.range }],
        },
        Labels: { ...spec.labels },
      });
    const { id } = await this.#ask(`create the network ${spec.name}`, create, spec);
    return id;
  }

  async removeNetwork(name: string): Promise<void> {
    const patience = this.#clock.now() + networkPatience;
    for (;;) {
      try {
        await this.#docker.getNetwork(name).remove();
        return;
      } catch (error) {
        if (isGone(error)) return;
        const isBusy = /has active endpoints/.test(failureOf(error).reason);
        if (!isBusy || this.#clock.now() > patience) throw translate(error, `remove the network ${name}`, this.#host);
        await this.#clock.sleep(50 as Millis);
      }
    }
  }

  async volumes(filter: LabelFilter): Promise<readonly VolumeFacts[]> {
    return this.#ask('list volumes', async () => {
      const { Volumes } = await this.#docker.listVolumes({ filters: { label: labelFilters(filter) } });
      return (Volumes ?? []).map((volume) => ({ name: volume.Name, labels: volume.Labels ?? {} }));
    });
  }

  async createVolume(name: string, labels: Labels): Promise<void> {
    await this.#ask(`create the volume ${name}`, () =>
      this.#docker.createVolume({ Name: name, Labels: { ...labels } }),
    );
  }

  async removeVolume(name: string): Promise<void> {
    await this.#unlessGone(`remove the volume ${name}`, () => this.#docker.getVolume(name).remove());
  }

  async containers(filter: LabelFilter): Promise<readonly ContainerSummary[]> {
    return this.#ask('list containers', async () => {
      const list = await this.#docker.listContainers({ all: true, filters: { label: labelFilters(filter) } });
      return list.map((container) => ({
        id: container.Id,
        name: (container.Names[0] ?? '').replace(/^\//, ''),
        image: container.Image,
        imageId: container.ImageID,
        labels: container.Labels ?? {},
        state: container.State as ContainerState,
      }));
    });
  }

  async inspect(name: string): Promise<ContainerDetails | undefined> {
    try {
      const facts = await this.#docker.getContainer(name).inspect();
      return {
        id: facts.Id,
        name: facts.Name.replace(/^\//, ''),
        image: facts.Config.Image,
        imageId: facts.Image,
        labels: facts.Config.Labels ?? {},
        state: facts.State.Status as ContainerState,
        exitCode: facts.State.ExitCode,
        error: facts.State.Error,
        pid: facts.State.Pid,
        volumes: facts.Mounts.flatMap(({ Type, Name }) => (Type === 'volume' && Name ? [Name] : [])),
        addresses: Object.fromEntries(
          Object.entries(facts.NetworkSettings.Networks).flatMap(([network, { IPAddress }]) =>
            IPAddress === '' ? [] : [[network, IPAddress]],
          ),
        ),
      };
    } catch (error) {
      if (isGone(error)) return undefined;
      throw translate(error, `look at ${name}`, this.#host);
    }
  }

  async createContainer(spec: ContainerSpec): Promise<string> {
    const create = () => this.#docker.createContainer(createOptions(spec));
    return (await this.#ask(`create the container ${spec.name}`, create, spec)).id;
  }

  async seed(name: string, files: readonly SeedFile[]): Promise<void> {
    await this.#ask(`put files into ${name}`, () =>
      this.#docker.getContainer(name).putArchive(tarOf(files), { path: '/' }),
    );
  }

  async readFile(name: string, path: string): Promise<string | undefined> {
    try {
      return firstFileIn(await buffer(await this.#docker.getContainer(name).getArchive({ path })));
    } catch (error) {
      if (isGone(error)) return undefined;
      throw translate(error, `read ${path} of ${name}`, this.#host);
    }
  }

  async start(name: string): Promise<void> {
    try {
      await this.#docker.getContainer(name).start();
    } catch (error) {
      if (!isSettled(error)) throw translate(error, `start ${name}`, this.#host, { name });
    }
  }

  async stop(name: string, grace: Millis): Promise<void> {
    await this.#unlessGone(`stop ${name}`, () => this.#docker.getContainer(name).stop({ t: wholeSeconds(grace) }));
  }

  async kill(name: string, signal = 'SIGKILL'): Promise<void> {
    await this.#unlessGone(`kill ${name}`, () => this.#docker.getContainer(name).kill({ signal }));
  }

  async resume(name: string): Promise<void> {
    await this.#ask(`resume ${name}`, () => this.#docker.getContainer(name).unpause());
  }

  async remove(name: string): Promise<void> {
    await this.#unlessGone(`remove ${name}`, () => this.#docker.getContainer(name).remove({ force: true, v: true }));
  }

  async logs(name: string, { tail, follow = false }: LogOptions): Promise<Readable> {
    const container = this.#docker.getContainer(name);
    const options = { stdout: true, stderr: true, ...(tail === undefined ? {} : { tail }) };
    return this.#ask(`read the output of ${name}`, async () => {
      const { Config } = await container.inspect();
      const stream = follow
        ? ((await container.logs({ ...options, follow: true })) as Readable)
        : await this.#logsSoFar(container, options);
      if (Config.Tty) return stream;
      const { stdout, stderr } = split(stream);
      const both = new PassThrough();
      for (const output of [stdout, stderr]) output.pipe(both, { end: false });
      Promise.all([once(stdout, 'end'), once(stderr, 'end')]).then(
        () => both.end(),
        (error: Error) => both.destroy(error),
      );
      return both;
    });
  }

  async #logsSoFar(
    container: ReturnType<Docker['getContainer']>,
    options: { stdout: boolean; stderr: boolean; tail?: number },
  ): Promise<Readable> {
    const whole = new PassThrough();
    whole.end(await container.logs({ ...options, follow: false }));
    return whole;
  }

  async exec(name: string, spec: ExecSpec): Promise<Execution> {
    const { tty = false, stdin = false } = spec;
    try {
      const exec = await this.#docker.getContainer(name).exec({
        Cmd: [...spec.command],
        Tty: tty,
        AttachStdin: stdin,
        AttachStdout: true,
        AttachStderr: true,
        Env: Object.entries(spec.environment ?? {}).map(([key, value]) => `${key}=${value}`),
        ...(spec.user === undefined ? {} : { User: spec.user }),
        ...(spec.workingDirectory === undefined ? {} : { WorkingDir: spec.workingDirectory }),
      });
      // Hijacked even without stdin: a plain response of this call ends late on some engines.
      const stream = await exec.start({ hijack: true, stdin, Tty: tty });
      return execution(
        stream,
        tty,
        async () => (await exec.inspect()).ExitCode ?? 0,
        async (columns, rows) => {
          await exec.resize({ w: columns, h: rows });
        },
      );
    } catch (error) {
      if (failureOf(error).status === 409 || isGone(error)) throw new NotRunning({ container: name }, { cause: error });
      throw translate(error, `run ${spec.command[0]} in ${name}`, this.#host);
    }
  }

  async events(filter: LabelFilter, stop: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    const stream = await this.#ask('tell events', () =>
      this.#docker.getEvents({
        filters: { type: ['container'], event: ['start', 'die', 'destroy'], label: labelFilters(filter) },
        abortSignal: stop,
      }),
    );
    return eventsOf(stream as Readable, stop);
  }

  async #ask<T>(doing: string, call: () => Promise<T>, spec?: Parameters<typeof translate>[3]): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw translate(error, doing, this.#host, spec);
    }
  }

  async #unlessGone(doing: string, call: () => Promise<unknown>): Promise<void> {
    try {
      await call();
    } catch (error) {
      if (!isGone(error) && !isSettled(error)) throw translate(error, doing, this.#host);
    }
  }
}

export const labelFilters = (filter: LabelFilter): string[] =>
  Object.entries(filter).map(([name, value]) => (value === undefined ? name : `${name}=${value}`));

function execution(
  stream: Duplex,
  tty: boolean,
  exitCode: () => Promise<number>,
  resize: Execution['resize'],
): Execution {
  const { stdout, stderr, ended } = tty
    ? { stdout: stream, stderr: emptyReadable(), ended: once(stream, 'end') }
    : split(stream);
  const code = ended.then(exitCode);
  // Whoever does not ask for the code does not want to hear that it cannot be had.
  code.catch(() => {});
  return {
    stdin: new Writable({
      write: (chunk, _encoding, done) => void stream.write(chunk, (error) => done(error ?? null)),
      final: (done) => void stream.end(() => done()),
    }),
    stdout,
    stderr,
    exitCode: code,
    resize,
    [Symbol.dispose]: () => void stream.destroy(),
  };
}

const emptyReadable = (): Readable => new PassThrough().end();

async function* eventsOf(stream: Readable, stop: AbortSignal): AsyncIterable<EngineEvent> {
  let rest = '';
  try {
    for await (const chunk of stream) {
      rest += String(chunk);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield eventOf(line);
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

function eventOf(line: string): EngineEvent {
  const { Action, Actor } = JSON.parse(line) as {
    Action: EngineEvent['kind'];
    Actor: { Attributes: Record<string, string> };
  };
  const { name = '', exitCode, ...attributes } = Actor.Attributes;
  return {
    kind: Action,
    container: name,
    labels: Object.fromEntries(Object.entries(attributes).filter(([key]) => key.startsWith('devcluster.'))),
    ...(exitCode === undefined ? {} : { exitCode: Number(exitCode) }),
  };
}
