import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockerHost } from './docker-host.ts';

describe('the Docker engine', () => {
  it.each([
    [{}, 'unix:///tmp/docker.sock'],
    [{ DOCKER_HOST: '' }, 'unix:///tmp/docker.sock'],
    [{ DOCKER_HOST: 'unix:///run/docker.sock' }, 'unix:///run/docker.sock'],
    [{ DOCKER_HOST: 'unix:///run/docker.sock', DOCKER_TLS_VERIFY: '1' }, 'unix:///run/docker.sock'],
    [{ DOCKER_HOST: 'tcp://10.0.0.1:2375' }, 'tcp://10.0.0.1:2375'],
    [{ DOCKER_HOST: 'tcp://[fd00::1]:2375' }, 'tcp://[fd00::1]:2375'],
  ])('is found by %j at %s', async (env, host) => {
    expect(await dockerHost(env)).toEqual({ host, tls: undefined });
  });

  it.each(['/run/docker.sock', 'http://10.0.0.1:2375', 'tcp://', 'unix://docker.sock'])(
    'is not at %j',
    async (host) => {
      await expect(dockerHost({ DOCKER_HOST: host })).rejects.toMatchObject({
        code: 'OPTIONS_UNUSABLE',
        message: `DOCKER_HOST is "${host}", expected unix:///<path> or tcp://<host>:<port>`,
      });
    },
  );
});

describe('with DOCKER_TLS_VERIFY', () => {
  const inFolder = async (files: readonly string[], work: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'certificates-'));
    try {
      for (const name of files) await writeFile(join(folder, name), `the ${name}`);
      await work(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  };
  const env = { DOCKER_HOST: 'tcp://10.0.0.1:2376', DOCKER_TLS_VERIFY: '1' };

  it('has its certificates from DOCKER_CERT_PATH', () =>
    inFolder(['ca.pem', 'cert.pem', 'key.pem'], async (folder) => {
      expect(await dockerHost({ ...env, DOCKER_CERT_PATH: folder })).toEqual({
        host: env.DOCKER_HOST,
        tls: { ca: 'the ca.pem', cert: 'the cert.pem', key: 'the key.pem' },
      });
    }));

  it('names every certificate that cannot be read', () =>
    inFolder(['cert.pem'], async (folder) => {
      await expect(dockerHost({ ...env, DOCKER_CERT_PATH: folder })).rejects.toThrow(/ca\.pem.*key\.pem/);
    }));
});
