import { beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import { GoldenFailed, ImagePullFailed } from '../../../core/errors/images.ts';
import { ManualClock } from '../../../ports/clock/manual.ts';
import { MemoryImages } from '../../../ports/docker/images-memory.ts';
import { MemoryDockerEngine } from '../../../ports/docker/memory.ts';
import { freshen, staleImages } from './freshen.ts';
import { ensureGoldenImages, goldenMounts } from './golden.ts';
import { goldenVolumes, removeUnfinishedGolden, removeUnusedGolden } from './volume.ts';

let engine: MemoryDockerEngine;
let images: MemoryImages;
let clock: ManualClock;
let said: string[];
const machineImage = 'devcluster-machine:1';

beforeEach(() => {
  engine = new MemoryDockerEngine();
  images = new MemoryImages();
  clock = new ManualClock();
  said = [];
  images.add(machineImage, { 'devcluster.base': 'slow-1' });
  images.add('redis:2.8');
  images.add('web:1');
});

const request = (references: readonly string[]) => ({
  wanted: references.map((reference) => ({ reference })),
  machineImage,
  base: async () => 'a-base',
});
const ensure = (...references: string[]) =>
  ensureGoldenImages({ engine, images, clock }, request(references), (line) => said.push(line));
const mounts = async (...references: string[]) => goldenMounts(await ensure(...references));
const execs = () => engine.calls.filter((call) => call.startsWith('exec'));

const mountBy = (container: string, volume: string) =>
  engine.createContainer({
    name: container,
    image: machineImage,
    labels: {},
    environment: {},
    publish: [],
    mounts: [{ kind: 'volume', name: volume, target: '/opt/devcluster/golden', readOnly: true }],
    capabilities: [],
    unconfined: false,
    privateCgroupNamespace: false,
    tty: false,
  });

describe('the golden images of a cluster', () => {
  it('are nothing when the cluster file names none', async () => {
    expect(await ensure()).toBeUndefined();
    expect(await mounts()).toEqual([]);
    expect(engine.calls).toEqual([]);
  });

  it('are one read-only mount on every machine', async () => {
    const golden = await ensure('redis:2.8');
    expect(await mounts('redis:2.8')).toEqual([
      { kind: 'volume', name: golden?.volume, target: '/opt/devcluster/golden', readOnly: true },
    ]);
  });

  it('are loaded into one volume by the engine of a machine', async () => {
    let archive = '';
    engine.onExec = (_container, _command, stdin) => {
      archive = stdin;
      return {};
    };
    const golden = await ensure('redis:2.8', 'web:1');
    expect(archive).toBe('archive of redis:2.8 web:1');
    expect(golden?.volume).toMatch(/^devcluster-golden-[0-9a-f]{12}$/);
    const hash = golden?.volume.slice('devcluster-golden-'.length);
    expect(execs()).toEqual([
      `exec ${golden?.volume} /usr/lib/devcluster/golden-maker make ${hash} redis:2.8=redis:2.8 web:1=web:1`,
    ]);
    expect(await goldenVolumes(engine)).toEqual([
      { name: golden?.volume, hash, images: ['redis:2.8', 'web:1'], finished: true },
    ]);
    expect(await engine.containers({})).toEqual([]);
  });

  it('are loaded once, for every cluster that wants the same', async () => {
    const first = await ensure('redis:2.8', 'web:1');
    expect(await ensure('web:1', 'redis:2.8')).toMatchObject({ volume: first?.volume });
    expect(execs()).toHaveLength(1);
  });

  it('are loaded again for machines with another engine, but not for a newer thin layer', async () => {
    const first = await ensure('redis:2.8');
    images.add(machineImage, { 'devcluster.base': 'slow-1', newer: 'programs' });
    expect((await ensure('redis:2.8'))?.volume).toBe(first?.volume);
    images.add(machineImage, { 'devcluster.base': 'slow-2' });
    expect((await ensure('redis:2.8'))?.volume).not.toBe(first?.volume);
  });

  it('replace an older volume for the same images, unless a machine mounts it', async () => {
    const first = await ensure('redis:2.8');
    await mountBy('lab-core-01', first?.volume ?? '');
    images.add('redis:2.8', { content: 'second' });
    const second = await ensure('redis:2.8');
    images.add('redis:2.8', { content: 'third' });
    const third = await ensure('redis:2.8');
    const names = (await goldenVolumes(engine)).map(({ name }) => name);
    expect(names.toSorted()).toEqual([first?.volume, third?.volume].toSorted());
    expect(second?.volume).not.toBe(third?.volume);
  });

  it('leave other images’ volumes alone', async () => {
    await ensure('redis:2.8');
    await ensure('web:1');
    expect(await goldenVolumes(engine)).toHaveLength(2);
  });

  it('leave nothing behind when they cannot be loaded, and say why', async () => {
    engine.onExec = () => ({ stderr: 'no space left on device\n', exitCode: 1 });
    await expect(ensure('redis:2.8')).rejects.toThrow(GoldenFailed);
    await expect(ensure('redis:2.8')).rejects.toThrow(/redis:2\.8 cannot be prepared.*no space left on device/);
    expect(await engine.containers({})).toEqual([]);
    expect(await engine.volumes({})).toEqual([]);
  });

  it('are not loaded at all when one of them is nowhere to be had', async () => {
    await expect(ensure('redis:2.8', 'nowhere:1')).rejects.toThrow(ImagePullFailed);
    expect(engine.calls).toEqual([]);
  });

  it.each(['exited', 'created'] as const)(
    'are made anew after an interruption that left a container %s',
    async (state) => {
      const name = (await ensure('redis:2.8'))?.volume ?? '';
      await engine.removeVolume(`${name}-seal`);
      await mountBy(name, name);
      engine.force(name, state);
      const again = ensure('redis:2.8');
      await clock.advance(seconds(11));
      expect((await again)?.volume).toBe(name);
      expect(execs()).toHaveLength(2);
      expect(await goldenVolumes(engine)).toMatchObject([{ finished: true }]);
      expect(await engine.containers({})).toEqual([]);
    },
  );

  it('wait for another run that loads the same', async () => {
    let finish = (): void => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    engine.onExec = () => finished.then(() => ({}));
    const one = ensure('redis:2.8');
    while (execs().length === 0) await new Promise(setImmediate);
    const other = ensure('redis:2.8');
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    finish();
    await one;
    await clock.advance(seconds(1));
    expect(await other).toEqual(await one);
    expect(execs()).toHaveLength(1);
  });
});

describe('the golden volumes as a cache', () => {
  it('go when no machine mounts them', async () => {
    const used = await ensure('redis:2.8');
    await ensure('web:1');
    await mountBy('lab-core-01', used?.volume ?? '');
    expect(await removeUnusedGolden(engine)).toMatchObject([{ images: ['web:1'] }]);
    expect(await goldenVolumes(engine)).toMatchObject([{ name: used?.volume, finished: true }]);
    await engine.remove('lab-core-01');
    await removeUnusedGolden(engine);
    expect(await engine.volumes({})).toEqual([]);
  });

  it('stay when they are finished while remains of an interrupted run go', async () => {
    await ensure('redis:2.8');
    await engine.createVolume('devcluster-golden-half', {
      'devcluster.golden': 'half',
      'devcluster.golden.images': '["web:1"]',
    });
    await removeUnfinishedGolden(engine);
    expect(await goldenVolumes(engine)).toMatchObject([{ images: ['redis:2.8'] }]);
  });
});

describe('a machine that exists already', () => {
  const golden = {
    volume: 'devcluster-golden-today',
    images: [
      { reference: 'redis:2.8', name: 'devcluster-image:abc', content: 'x' },
      { reference: 'web:1', name: 'web:1', content: 'y' },
    ],
  };
  const world = () => ({ docker: engine, images });
  const machine = 'lab-core-01';

  it('needs nothing while it mounts today’s volume, or does not run', async () => {
    await mountBy(machine, golden.volume);
    expect(await staleImages(world(), machine, golden)).toEqual([]);
    await engine.start(machine);
    expect(await staleImages(world(), machine, golden)).toEqual([]);
    expect(await staleImages(world(), 'nobody', golden)).toEqual([]);
  });

  it('needs what changed since it was made, and gets it through its engine under the names that units use', async () => {
    await mountBy(machine, 'devcluster-golden-yesterday');
    await engine.start(machine);
    expect(await staleImages(world(), machine, golden)).toEqual(golden.images);
    await freshen(world(), machine, golden.images);
    expect(execs()).toEqual([
      `exec ${machine} /bin/sh -c docker load --quiet && docker tag devcluster-image:abc redis:2.8 && docker rmi devcluster-image:abc && printf '%s' '{"redis:2.8":"x","web:1":"y"}' > /var/lib/docker/devcluster-images.json`,
    ]);
  });

  it('remembers what it got', async () => {
    await mountBy(machine, 'devcluster-golden-yesterday');
    await engine.seed(machine, [
      { path: '/var/lib/docker/devcluster-images.json', content: '{"redis:2.8":"x","web:1":"old"}', mode: 0o644 },
    ]);
    await engine.start(machine);
    expect(await staleImages(world(), machine, golden)).toEqual([golden.images[1]]);
  });
});
