/** Finds the Docker engine to use, and provides one where there is none and somebody agrees. */
import { ChosenEngineUnreachable, ContextUnknown, EngineMissing } from '../../../core/errors/host-engine.ts';
import type { EngineHost, Knock } from '../../../ports/host-engine/index.ts';
import type { Processes } from '../../../ports/process/index.ts';
import { aptInstall } from '../apt.ts';
import {
  type Candidate,
  chosenEngine,
  contextHost,
  contextPath,
  dockerConfigPath,
  usualEngines,
  type Whereabouts,
} from './candidates.ts';
import { startPrivateEngine } from './private.ts';

/** An engine that answers. */
export type Found = Candidate;

export interface Search {
  readonly found: Found | undefined;
  /** What was seen where there is no engine to use, in words. */
  readonly seen: readonly string[];
}

/** @throws {ChosenEngineUnreachable} @throws {ContextUnknown} somebody chose an engine, and it is not there */
export async function findEngine(host: EngineHost, where: Whereabouts): Promise<Search> {
  const choice = chosenEngine(where, await host.readText(dockerConfigPath(where)));
  if (choice?.kind === 'host') {
    return {
      found: await answering(host, { host: choice.host, source: 'DOCKER_HOST', kind: 'environment' }),
      seen: [],
    };
  }
  if (choice?.kind === 'context') {
    const address = contextHost(await host.readText(contextPath(where, choice.name)));
    if (address === undefined) throw new ContextUnknown({ context: choice.name, source: choice.source });
    const source = `the docker context "${choice.name}"`;
    return { found: await answering(host, { host: address, source, kind: 'context' }), seen: [] };
  }
  const seen: string[] = [];
  for (const candidate of usualEngines(where)) {
    const knock = await host.knock(candidate.host);
    if (knock.kind === 'answers') return { found: candidate, seen };
    if (knock.kind !== 'absent') seen.push(`${candidate.host}: ${reasonOf(knock)}`);
  }
  return { found: undefined, seen };
}

async function answering(host: EngineHost, candidate: Candidate): Promise<Found> {
  const knock = await host.knock(candidate.host);
  if (knock.kind === 'answers') return candidate;
  throw new ChosenEngineUnreachable({ host: candidate.host, source: candidate.source, reason: reasonOf(knock) });
}

function reasonOf(knock: Exclude<Knock, { kind: 'answers' }>): string {
  switch (knock.kind) {
    case 'absent':
      return 'nothing listens there';
    case 'forbidden':
      return 'this user may not use it';
    case 'silent':
      return knock.reason;
    default:
      return knock satisfies never;
  }
}

export interface EngineWorld {
  readonly host: EngineHost;
  readonly where: Whereabouts;
  readonly processes: Processes;
}

export interface Provision {
  /** Whether the distribution's package of Docker may be installed; asked only when it has to be. */
  readonly mayInstall: () => Promise<boolean>;
  readonly said: (line: string) => void;
}

/** @throws {EngineMissing} there is none @throws as `findEngine` */
export async function requireEngine({ host, where }: EngineWorld): Promise<Found> {
  const { found, seen } = await findEngine(host, where);
  if (found !== undefined) return found;
  throw new EngineMissing({ seen, remedy: remedyFor(host, seen) });
}

/**
 * The engine to use: found, or the private one, started and if need be installed.
 *
 * @throws {EngineMissing} and this host, this user or their answer do not allow to provide one
 * @throws {PackageMissing} @throws {EngineStartFailed} @throws as `findEngine`
 */
export async function provideEngine(world: EngineWorld, { mayInstall, said }: Provision): Promise<Found> {
  const { host, where, processes } = world;
  const first = await findEngine(host, where);
  if (first.found !== undefined) return first.found;
  if (host.platform !== 'linux' || !host.isRoot) {
    throw new EngineMissing({ seen: first.seen, remedy: remedyFor(host, first.seen) });
  }
  if (!(await host.hasProgram('dockerd'))) {
    if (!(await mayInstall())) {
      const remedy = 'Agree to have the package docker.io installed, with --yes; or install Docker yourself.';
      throw new EngineMissing({ seen: first.seen, remedy });
    }
    said('installing docker.io');
    await aptInstall(processes, { packages: ['docker.io'], command: 'dockerd', environment: quietly }, said);
    // On a machine that runs systemd the package has started an engine of its own by now.
    const second = await findEngine(host, where);
    if (second.found !== undefined) return second.found;
  }
  said('starting the private engine');
  await startPrivateEngine(host);
  return requireEngine(world);
}

/** Without systemd, scripts of the package would start an engine with a bridge where the clusters want to be. */
const quietly = { RUNLEVEL: '1' };

function remedyFor(host: EngineHost, seen: readonly string[]): string {
  if (host.platform !== 'linux') {
    return 'Install and start one: Docker Desktop, OrbStack or Colima. devcluster finds it by itself.';
  }
  if (host.isRoot) return 'Have one started: devcluster engine start.';
  const denied = seen.some((line) => line.endsWith('this user may not use it'));
  if (denied) return 'Join its group: sudo usermod -aG docker $USER, and log in again. Or run devcluster as root.';
  return 'Install one (on Debian and Ubuntu: sudo apt-get install docker.io) and join the group docker; or run devcluster as root, and it provides a private one.';
}
