/** The containers of a Docker engine, over its HTTP API. */
import type { Readable } from 'node:stream';
import { ContainersUnreachable } from '../../core/errors/dns.ts';
import { type Docker, dockerClient, type Tls } from '../docker/client.ts';
import type { Binding, ContainerEvent, ContainerFacts, Containers } from './index.ts';

/**
 * @param host a DOCKER_HOST value: `unix:///path` or `tcp://host:port`
 * @param tls how to speak to a `tcp` host in secret; left out, it is spoken to in the clear
 */
export function dockerContainers(host: string, tls?: Tls): Containers {
  const docker = dockerClient(host, tls);

  async function reached<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw new ContainersUnreachable({ host, doing }, { cause });
    }
  }

  return {
    list: () => reached('listing containers', async () => (await docker.listContainers()).map(({ Id }) => Id)),

    inspect: (id) =>
      reached('inspecting a container', async () => {
        try {
          return containerFacts(await docker.getContainer(id).inspect());
        } catch (error) {
          if (statusOf(error) === 404) return undefined;
          throw error;
        }
      }),

    events: (stop) =>
      reached('following events', async () => {
        const stream = readableOf(
          await docker.getEvents({ filters: { type: ['container'], event: ['start', 'die'] } }),
        );
        const end = () => void stream.destroy();
        stop.addEventListener('abort', end, { once: true });
        stream.once('close', () => stop.removeEventListener('abort', end));
        if (stop.aborted) end();
        return eventsIn(
          stream,
          stop,
          (cause) => new ContainersUnreachable({ host, doing: 'following events' }, { cause }),
        );
      }),
  };
}

type Inspection = Awaited<ReturnType<ReturnType<Docker['getContainer']>['inspect']>>;

/** From what `docker inspect` prints, too. */
export function containerFacts({ Id, Name, Config, HostConfig, NetworkSettings, State }: Inspection): ContainerFacts {
  // The client's declarations promise more than every engine keeps.
  const Ports = NetworkSettings.Ports ?? {};
  const Networks = NetworkSettings.Networks ?? {};
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    hostname: Config.Hostname,
    environment: Config.Env ?? [],
    labels: Config.Labels ?? {},
    networkMode: HostConfig.NetworkMode ?? 'default',
    exposed: Object.keys(Config.ExposedPorts ?? {}),
    published: Object.fromEntries(Object.entries(Ports).map(([port, bindings]) => [port, bindingsOf(bindings)])),
    bridgeAddress: Networks['bridge']?.IPAddress ?? '',
    networks: Object.fromEntries(Object.entries(Networks).map(([name, { IPAddress }]) => [name, IPAddress])),
    running: State.Running,
    exitCode: State.ExitCode,
  };
}

const bindingsOf = (bindings: readonly { HostIp: string; HostPort: string }[] | null): Binding[] | null =>
  bindings?.map(({ HostIp, HostPort }) => ({ address: HostIp, port: Number(HostPort) })) ?? null;

/** The client's declarations know only Node's oldest stream interface; what it hands out is a response. */
const readableOf = (stream: NodeJS.ReadableStream): Readable => stream as Readable;

/** One JSON object per line. */
async function* eventsIn(
  stream: Readable,
  stop: AbortSignal,
  broken: (cause: unknown) => Error,
): AsyncGenerator<ContainerEvent, void, void> {
  let held = '';
  try {
    for await (const piece of stream.setEncoding('utf8')) {
      const lines = (held + piece).split('\n');
      held = lines.pop() ?? '';
      for (const line of lines) {
        const event = line.trim() === '' ? undefined : eventOf(line);
        if (event !== undefined) yield event;
      }
    }
  } catch (cause) {
    if (!stop.aborted) throw broken(cause);
  } finally {
    stream.destroy();
  }
}

interface EngineEvent {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
}

function eventOf(line: string): ContainerEvent | undefined {
  const { Action, Actor } = parsed(line);
  const id = Actor?.ID;
  if (id === undefined) return undefined;
  if (Action === 'start') return { kind: 'start', id };
  if (Action === 'die') return { kind: 'die', id, exitCode: Number(Actor?.Attributes?.['exitCode'] ?? 0) };
  return undefined;
}

/** A line that is no event tells nothing; those around it still do. */
function parsed(line: string): EngineEvent {
  try {
    return (JSON.parse(line) as EngineEvent | null) ?? {};
  } catch {
    return {};
  }
}

const statusOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
