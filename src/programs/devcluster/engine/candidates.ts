/** Where a Docker engine may be, in the order in which people expect to be asked: a pure function of what they said. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { privateEngine } from './private.ts';

export interface Candidate {
  /** A DOCKER_HOST value. */
  readonly host: string;
  /** In words, for people: `DOCKER_HOST`, `the docker context "colima"`. */
  readonly source: string;
  readonly kind: 'environment' | 'context' | 'socket' | 'private';
}

export interface Whereabouts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The user's home. */
  readonly home: string;
}

const dockerFolder = ({ environment, home }: Whereabouts): string =>
  environment['DOCKER_CONFIG'] || join(home, '.docker');

export const dockerConfigPath = (where: Whereabouts): string => join(dockerFolder(where), 'config.json');

/** Where docker keeps what it knows about a context. */
export const contextPath = (where: Whereabouts, name: string): string =>
  join(dockerFolder(where), 'contexts', 'meta', createHash('sha256').update(name).digest('hex'), 'meta.json');

/** What somebody chose: a choice that fails is an error, and no reason to look further. */
export type Choice =
  | { readonly kind: 'host'; readonly host: string }
  | { readonly kind: 'context'; readonly name: string; readonly source: string };

/** @param dockerConfig the text of docker's config.json */
export function chosenEngine({ environment }: Whereabouts, dockerConfig: string | undefined): Choice | undefined {
  const host = environment['DOCKER_HOST'];
  if (host) return { kind: 'host', host };
  const [name, source] = environment['DOCKER_CONTEXT']
    ? [environment['DOCKER_CONTEXT'], 'DOCKER_CONTEXT']
    : [currentContext(dockerConfig), 'the configuration of docker'];
  return name && name !== 'default' ? { kind: 'context', name, source } : undefined;
}

function currentContext(dockerConfig: string | undefined): string | undefined {
  const { currentContext: name } = jsonObject(dockerConfig) as { currentContext?: unknown };
  return typeof name === 'string' ? name : undefined;
}

/** @returns the address of a context's engine; undefined when the text is not a context's */
export function contextHost(meta: string | undefined): string | undefined {
  const { Endpoints } = jsonObject(meta) as { Endpoints?: { docker?: { Host?: unknown } } };
  const host = Endpoints?.docker?.Host;
  return typeof host === 'string' && host !== '' ? host : undefined;
}

function jsonObject(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The usual sockets, and last the engine that we start ourselves. */
export function usualEngines({ environment, home }: Whereabouts): readonly Candidate[] {
  const runtime = environment['XDG_RUNTIME_DIR'];
  const sockets = [
    '/var/run/docker.sock',
    join(home, '.docker/run/docker.sock'),
    join(home, '.docker/desktop/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'colima/default/docker.sock'),
    ...(runtime ? [join(runtime, 'docker.sock')] : []),
  ];
  return [
    ...sockets.map((path): Candidate => ({ host: `unix://${path}`, source: 'a usual socket', kind: 'socket' })),
    { host: privateEngine.host, source: 'the private engine of devcluster', kind: 'private' },
  ];
}
