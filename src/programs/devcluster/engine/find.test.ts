import { beforeEach, describe, expect, it } from 'vitest';
import { ChosenEngineUnreachable, ContextUnknown, EngineMissing } from '../../../core/errors/host-engine.ts';
import { MemoryEngineHost } from '../../../ports/host-engine/memory.ts';
import { MemoryProcesses } from '../../../ports/process/memory.ts';
import { contextPath } from './candidates.ts';
import { type EngineWorld, findEngine, provideEngine, requireEngine } from './find.ts';
import { privateEngine } from './private.ts';

const system = 'unix:///var/run/docker.sock';
let host: MemoryEngineHost;
let processes: MemoryProcesses;

beforeEach(() => {
  host = new MemoryEngineHost();
  processes = new MemoryProcesses();
});

const at = (environment: Record<string, string> = {}) => ({ environment, home: '/root' });
const world = (): EngineWorld => ({ host, where: at(), processes });
const never = { mayInstall: async () => expect.unreachable('nothing has to be installed'), said: () => {} };
const agreed = { mayInstall: async () => true, said: () => {} };
const starts = () => {
  host.onStart = () => {
    host.knocks.set(privateEngine.host, { kind: 'answers' });
    return undefined;
  };
};

describe('looking for an engine', () => {
  it('takes the one that DOCKER_HOST names, and asks nobody else', async () => {
    host.knocks.set('tcp://box:2375', { kind: 'answers' });
    const { found } = await findEngine(host, at({ DOCKER_HOST: 'tcp://box:2375' }));
    expect(found).toMatchObject({ host: 'tcp://box:2375', source: 'DOCKER_HOST' });
    expect(host.tried).toEqual(['tcp://box:2375']);
  });

  it('does not go on to others when the chosen one is silent', async () => {
    host.knocks.set(system, { kind: 'answers' });
    const finding = findEngine(host, at({ DOCKER_HOST: 'unix:///gone.sock' }));
    await expect(finding).rejects.toBeInstanceOf(ChosenEngineUnreachable);
    await expect(finding).rejects.toThrow(/DOCKER_HOST/);
  });

  it('follows the current docker context', async () => {
    const where = at();
    host.files.set('/root/.docker/config.json', '{"currentContext":"far"}');
    host.files.set(contextPath(where, 'far'), '{"Endpoints":{"docker":{"Host":"ssh://me@far"}}}');
    host.knocks.set('ssh://me@far', { kind: 'answers' });
    expect((await findEngine(host, where)).found).toMatchObject({ host: 'ssh://me@far' });
  });

  it('says when the context is not there', async () => {
    await expect(findEngine(host, at({ DOCKER_CONTEXT: 'far' }))).rejects.toBeInstanceOf(ContextUnknown);
  });

  it('passes sockets that are absent or forbidden, and remembers the latter', async () => {
    host.knocks.set(system, { kind: 'forbidden' });
    host.knocks.set('unix:///root/.colima/default/docker.sock', { kind: 'answers' });
    const { found, seen } = await findEngine(host, at());
    expect(found?.host).toBe('unix:///root/.colima/default/docker.sock');
    expect(seen).toEqual([`${system}: this user may not use it`]);
  });

  it('finds a private engine that runs already', async () => {
    host.knocks.set(privateEngine.host, { kind: 'answers' });
    expect((await findEngine(host, at())).found).toMatchObject({ kind: 'private' });
  });
});

describe('the advice where there is no engine', () => {
  const advice = async (change: () => void) => {
    change();
    const failure = await requireEngine(world()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EngineMissing);
    return (failure as InstanceType<typeof EngineMissing>).remedy;
  };

  it('fits the platform', async () => {
    expect(await advice(() => Object.assign(host, { platform: 'darwin' }))).toMatch(/Docker Desktop/);
  });

  it('fits a user whom the engine does not know', async () => {
    expect(await advice(() => host.knocks.set(system, { kind: 'forbidden' }))).toMatch(/usermod -aG docker/);
  });

  it('fits a user who cannot start one', async () => {
    expect(await advice(() => {})).toMatch(/apt-get install docker.io/);
  });

  it('fits root', async () => {
    expect(await advice(() => Object.assign(host, { isRoot: true }))).toMatch(/devcluster engine start/);
  });
});

describe('providing an engine', () => {
  beforeEach(() => {
    host.isRoot = true;
    starts();
  });

  it('uses the one that is there', async () => {
    host.knocks.set(system, { kind: 'answers' });
    expect(await provideEngine(world(), never)).toMatchObject({ host: system });
    expect(host.started).toEqual([]);
  });

  it('starts a private one when Docker is installed, and asks nobody', async () => {
    host.programs.add('dockerd');
    expect(await provideEngine(world(), never)).toMatchObject({ kind: 'private' });
    expect(host.started).toHaveLength(1);
    expect(processes.runs).toEqual([]);
  });

  it('installs Docker first when that was agreed to', async () => {
    expect(await provideEngine(world(), agreed)).toMatchObject({ kind: 'private' });
    expect(processes.runs.join('\n')).toMatch(/apt-get .* install .* docker.io/);
  });

  it('uses the engine that the package started', async () => {
    processes.onRun = () => {
      host.knocks.set(system, { kind: 'answers' });
      return {};
    };
    expect(await provideEngine(world(), agreed)).toMatchObject({ host: system });
    expect(host.started).toEqual([]);
  });

  it('installs nothing without consent', async () => {
    const refused = provideEngine(world(), { mayInstall: async () => false, said: () => {} });
    await expect(refused).rejects.toMatchObject({ code: 'ENGINE_MISSING', remedy: expect.stringMatching(/--yes/) });
    expect(processes.runs).toEqual([]);
  });

  it.each([
    ['a user who is not root', { isRoot: false }],
    ['a platform without engines of its own', { platform: 'darwin' }],
  ])('leaves it to %s to install one', async (_, facts) => {
    host.programs.add('dockerd');
    Object.assign(host, facts);
    await expect(provideEngine(world(), never)).rejects.toBeInstanceOf(EngineMissing);
    expect(host.started).toEqual([]);
  });
});
