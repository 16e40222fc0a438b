import { describe, expect, it } from 'vitest';
import { chosenEngine, contextHost, contextPath, dockerConfigPath, usualEngines } from './candidates.ts';

const at = (environment: Record<string, string> = {}) => ({ environment, home: '/home/me' });
const config = (name: string) => JSON.stringify({ currentContext: name });

describe('the engine that somebody chose', () => {
  it.each([
    [
      'DOCKER_HOST before all else',
      { DOCKER_HOST: 'tcp://a:1', DOCKER_CONTEXT: 'b' },
      { kind: 'host', host: 'tcp://a:1' },
    ],
    [
      'DOCKER_CONTEXT before the configuration',
      { DOCKER_CONTEXT: 'b' },
      { kind: 'context', name: 'b', source: 'DOCKER_CONTEXT' },
    ],
    ['the configuration of docker', {}, { kind: 'context', name: 'colima', source: 'the configuration of docker' }],
    ['nothing, when variables are empty', { DOCKER_HOST: '', DOCKER_CONTEXT: 'default' }, undefined],
  ])('is %s', (_, environment, choice) => {
    expect(chosenEngine(at(environment), config('colima'))).toEqual(choice);
  });

  it.each([
    ['there is no configuration', undefined],
    ['the configuration is broken', '{'],
    ['the configuration says nothing', '{"auths":{}}'],
    ['the context is the default one', config('default')],
  ])('is nobody when %s', (_, text) => {
    expect(chosenEngine(at(), text)).toBeUndefined();
  });
});

describe('a docker context', () => {
  it('is kept under the hash of its name, where DOCKER_CONFIG says', () => {
    expect(contextPath(at(), 'colima')).toBe(
      '/home/me/.docker/contexts/meta/f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16/meta.json',
    );
    expect(dockerConfigPath(at({ DOCKER_CONFIG: '/etc/d' }))).toBe('/etc/d/config.json');
  });

  it('tells the address of its engine', () => {
    const meta = { Name: 'colima', Endpoints: { docker: { Host: 'unix:///home/me/.colima/default/docker.sock' } } };
    expect(contextHost(JSON.stringify(meta))).toBe('unix:///home/me/.colima/default/docker.sock');
    expect(contextHost('{"Endpoints":{}}')).toBeUndefined();
    expect(contextHost(undefined)).toBeUndefined();
  });
});

describe('the usual places', () => {
  it('begin with the system’s socket and end with our own', () => {
    const hosts = usualEngines(at({ XDG_RUNTIME_DIR: '/run/user/7' })).map(({ host }) => host);
    expect(hosts[0]).toBe('unix:///var/run/docker.sock');
    expect(hosts).toContain('unix:///run/user/7/docker.sock');
    expect(hosts).toContain('unix:///home/me/.colima/default/docker.sock');
    expect(hosts.at(-1)).toBe('unix:///run/devcluster/engine/docker.sock');
  });
});
