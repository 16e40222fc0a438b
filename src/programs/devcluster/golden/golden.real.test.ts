/** One machine, a real engine in it, and a golden volume; needs the machine image, which the set-up provides. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import { ImageBuildFailed } from '../../../core/errors/images.ts';
import { systemClock } from '../../../ports/clock/system.ts';
import { dockerClient } from '../../../ports/docker/client.ts';
import { DockerodeEngine } from '../../../ports/docker/dockerode.ts';
import { DockerodeImages } from '../../../ports/docker/images-dockerode.ts';
import { hostProcesses } from '../../../ports/process/execa.ts';
import { architectureOf } from '../image/architecture.ts';
import { ensureDebian, usualMirror } from '../image/debian.ts';
import { freshen, staleImages } from './freshen.ts';
import { ensureGoldenImages, type Golden } from './golden.ts';
import type { ProvidedImage } from './provide.ts';
import { goldenMount, goldenName, removeGolden } from './volume.ts';

const host = process.env['DOCKER_HOST'] ?? '';
const machineImage = process.env['DEVCLUSTER_NODE_IMAGE'] ?? '';
const clock = systemClock();
const docker = dockerClient(host);
const engine = new DockerodeEngine(docker, host, clock);
const images = new DockerodeImages(docker, host);
const world = { engine, images, clock };
/** There already, since the machine image stands on it. */
const base = async () => {
  const architecture = architectureOf((await engine.facts()).architecture);
  const mirror = usualMirror;
  return ensureDebian({ images, clock, architecture, mirror, processes: hostProcesses, canBootstrap: true }, () => {});
};
const redis = {
  reference: 'redis:2.8',
  build: fileURLToPath(new URL('../../../../images/redis', import.meta.url)),
};

const labels = { 'devcluster.test': 'golden' };
const machine = 'devcluster-golden-test';
const archived = `${machine}-archive`;

const removeAll = async () => {
  for (const { name } of await engine.containers(labels)) await engine.remove(name);
  for (const { name } of await engine.volumes(labels)) await engine.removeVolume(name);
};

/** A machine as far as its Docker engine is concerned. */
const boot = async (golden?: string) => {
  await engine.createContainer({
    name: machine,
    image: machineImage,
    hostname: 'core-01',
    labels,
    environment: {},
    publish: [],
    mounts: [
      ...['/run', '/run/lock', '/tmp'].map((target) => ({ kind: 'tmpfs' as const, target })),
      { kind: 'volume', name: `${machine}-data`, target: '/var/lib/docker' },
      ...(golden === undefined ? [] : [{ kind: 'volume' as const, name: golden, target: goldenMount, readOnly: true }]),
    ],
    capabilities: ['SYS_ADMIN', 'NET_ADMIN', 'SYS_PTRACE'],
    unconfined: true,
    privateCgroupNamespace: true,
    tty: false,
  });
  await started();
};

const started = async () => {
  await engine.start(machine);
  await eventually('test -S /run/docker.sock');
};

const run = async (line: string) => {
  using running = await engine.exec(machine, { command: ['/bin/sh', '-c', line] });
  const [out, errors, code] = await Promise.all([text(running.stdout), text(running.stderr), running.exitCode]);
  return { out: out.trim(), errors: errors.trim(), code };
};
const well = async (line: string): Promise<string> => {
  const { out, errors, code } = await run(line);
  if (code !== 0) throw new Error(`${line}: exit code ${code}\n${out}\n${errors}`);
  return out;
};
const eventually = async (line: string): Promise<string> => {
  const deadline = clock.now() + seconds(20);
  for (;;) {
    const { out, errors, code } = await run(line);
    if (code === 0) return out;
    if (clock.now() > deadline) throw new Error(`${line}: exit code ${code}\n${out}\n${errors}`);
    await clock.sleep(seconds(0.1));
  }
};
const imagesIn = async (): Promise<string[]> =>
  (await well("docker images --format '{{.Repository}}:{{.Tag}}'")).split('\n').filter(Boolean).sort();

let golden: Golden | undefined;
beforeAll(async () => {
  await removeAll();
  golden = await ensureGoldenImages(world, { wanted: [redis], machineImage, base }, () => {});
});
afterAll(async () => {
  await removeAll();
  if (golden !== undefined) await removeGolden(engine, golden.volume.replace(goldenName(''), ''));
});

describe('a machine with a golden volume', () => {
  beforeAll(() => boot(golden?.volume));
  afterAll(removeAll);

  it('runs the cluster’s image at once, under the name that units use', async () => {
    await well('docker run --detach --name redis redis:2.8');
    expect(await eventually('docker exec redis redis-cli PING')).toBe('PONG');
    expect(await well('docker logs redis')).toMatch(/Ready to accept connections/);
  });

  it('holds no copy of its layers', async () => {
    const folders = 'for mark in /var/lib/docker/overlay2/*/devcluster-shared';
    expect(Number(await well(`${folders}; do mountpoint -q "\${mark%/*}/diff" && echo; done | wc -l`))).toBeGreaterThan(
      0,
    );
    expect(await well(`${folders}; do mountpoint "\${mark%/*}/diff"; done`)).not.toMatch(/is not/);
    await expect(well('touch /var/lib/docker/overlay2/*/diff/usr/bin/redis-server')).rejects.toThrow(/Read-only/);
  });

  it('runs it after its engine was started again, too', async () => {
    await well('systemctl restart docker.service');
    expect(await well('docker run --rm redis:2.8 redis-cli --version')).toMatch(/^redis-cli/);
    await well('docker start redis');
  });

  it('still has the golden image and its own after a power cut, and runs both', async () => {
    await well('docker commit redis own:1');
    await engine.kill(machine);
    await started();
    expect(await imagesIn()).toEqual(['own:1', 'redis:2.8']);
    expect(await well('docker run --rm redis:2.8 redis-cli --version')).toMatch(/^redis-cli/);
    expect(await well('docker run --rm own:1 redis-cli --version')).toMatch(/^redis-cli/);
  });

  it('is fresh while its volume is today’s, and takes changed images while it runs', async () => {
    const [first] = (golden as Golden).images as [ProvidedImage];
    expect(await staleImages({ docker: engine }, machine, golden as Golden)).toEqual([]);
    const changed = { reference: 'quay.io/somebody/else:2', name: first.name, content: 'second' };
    const today: Golden = { volume: 'another', images: [changed] };
    expect(await staleImages({ docker: engine }, machine, today)).toEqual([changed]);
    await freshen({ docker: engine, images }, machine, [changed]);
    expect(await imagesIn()).toEqual(['own:1', 'quay.io/somebody/else:2', 'redis:2.8']);
    expect(await staleImages({ docker: engine }, machine, today)).toEqual([]);
    const both = { ...today, images: [changed, { ...first, content: 'second' }] };
    expect(await staleImages({ docker: engine }, machine, both)).toEqual([both.images[1]]);
  });

  it('keeps a removed image removed after a restart', async () => {
    await well('docker rm --force redis');
    await well('docker rmi redis:2.8 own:1 quay.io/somebody/else:2');
    await engine.stop(machine, seconds(5));
    await started();
    expect(await imagesIn()).toEqual([]);
  });
});

describe('a machine whose engine cannot share layers', () => {
  const small = 'devcluster-golden-test:1';
  afterAll(() => images.remove(small));

  it('loads the images from an archive before anybody can ask its engine', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'devcluster-golden-'));
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY Dockerfile /\n');
    await images.build({ folder, reference: small, arguments: {}, labels: {} }, () => {});
    rmSync(folder, { recursive: true });

    await engine.createVolume(archived, labels);
    const maker = '/usr/lib/devcluster/golden-maker';
    await engine.createContainer({
      name: archived,
      image: machineImage,
      entrypoint: [maker, 'wait'],
      labels,
      environment: {},
      publish: [],
      mounts: [{ kind: 'volume', name: archived, target: '/golden' }],
      capabilities: ['SYS_ADMIN'],
      unconfined: true,
      privateCgroupNamespace: false,
      tty: false,
    });
    await engine.start(archived);
    using making = await engine.exec(archived, {
      command: [maker, 'make', 'abc', `${small}=small:1`],
      environment: { DOCKER_DRIVER: 'vfs' },
      stdin: true,
    });
    await pipeline(await images.export([small]), making.stdin);
    expect(await making.exitCode).toBe(0);
    await boot(archived);
    expect(await imagesIn()).toEqual(['small:1']);
  });
});

describe('an image that cannot be built', () => {
  it('is told with the last lines of its build, and leaves neither container nor volume', async () => {
    const before = await docker.listVolumes();
    const wanted = [{ reference: 'broken:1', build: fileURLToPath(new URL('.', import.meta.url)) }];
    await expect(ensureGoldenImages(world, { wanted, machineImage, base }, () => {})).rejects.toThrow(ImageBuildFailed);
    expect((await docker.listVolumes()).Volumes.length).toBe(before.Volumes.length);
    expect(await engine.containers({ 'devcluster.golden': undefined })).toEqual([]);
  });
});
