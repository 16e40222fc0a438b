import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageMissing } from '../../../core/errors/docker.ts';
import { ImageBuildFailed } from '../../../core/errors/images.ts';
import { NodePackFailed, NodePackWrong, ProgramsMissing } from '../../../core/errors/machine-image.ts';
import { architectureOf } from './architecture.ts';
import { ensureNodeImage, nodeImageNames, requireImage } from './ensure.ts';
import { deliver, type TestImageWorld, TestPackage, testImageWorld } from './fixtures.ts';

let own: TestPackage;
let world: TestImageWorld;
beforeEach(() => {
  own = new TestPackage();
  world = testImageWorld(own.folder);
});
afterEach(() => own[Symbol.dispose]());

const ensure = () => ensureNodeImage(world, () => {});
const builds = () => world.images.calls.filter((call) => call.startsWith('build')).map((call) => call.split(':')[0]);

describe('the image of machines', () => {
  it('is built in two layers, the slow one first', async () => {
    const { reference, built } = await ensure();
    expect(reference).toMatch(/^devcluster\/node:[0-9a-f]{12}$/);
    expect(built).toBe(true);
    expect(builds()).toEqual(['build devcluster/node-base', 'build devcluster/node']);
  });

  it('is not built again while nothing changed', async () => {
    const { reference, id } = await ensure();
    world.images.calls.length = 0;
    expect(await ensure()).toEqual({ reference, id, built: false });
    expect(world.images.calls).toEqual([]);
  });

  it.each([
    ['a program', 'dist/machine/fleetd.mjs', ['build devcluster/node']],
    ['a unit file', 'dist/units/fleet.service', ['build devcluster/node']],
    ['our configuration', 'images/node/rootfs/etc/motd', ['build devcluster/node']],
    ['the list of packages', 'images/node/base/Dockerfile', ['build devcluster/node-base', 'build devcluster/node']],
  ])('is built again as far as needed after a change of %s', async (_, path, expected) => {
    await ensure();
    world.images.calls.length = 0;
    own.write(path, 'changed');
    expect((await ensure()).built).toBe(true);
    expect(builds()).toEqual(expected);
  });

  it('is another one on another architecture', async () => {
    const names = await nodeImageNames(world);
    const others = await nodeImageNames({ ...world, architecture: architectureOf('aarch64') });
    expect(others[0]).not.toBe(names[0]);
    expect(others[1]).not.toBe(names[1]);
  });

  it('carries the hash of its slow layer', async () => {
    const { reference } = await ensure();
    const [, base] = await nodeImageNames(world);
    expect((await world.images.find(reference))?.labels['devcluster.base']).toBe(base?.split(':')[1]);
  });

  it('hands proxies on to the steps that reach out', async () => {
    const seen: Record<string, string>[] = [];
    world.images.onBuild = (spec) => {
      seen.push({ ...spec.arguments });
      return { lines: [] };
    };
    await ensureNodeImage({ ...world, proxies: { http_proxy: 'http://proxy' } }, () => {});
    expect(seen[0]).toMatchObject({ http_proxy: 'http://proxy' });
  });

  it('is not to be had without the programs of the machines', async () => {
    rmSync(join(own.folder, 'dist'), { recursive: true });
    await expect(ensure()).rejects.toBeInstanceOf(ProgramsMissing);
  });

  it('does not take a Node that is not the pinned one', async () => {
    own.write('images/node/node-pack.json', JSON.stringify({ version: '24.1.0', integrity: { x64: 'sha512-else' } }));
    await expect(ensure()).rejects.toBeInstanceOf(NodePackWrong);
    expect(builds()).toEqual([]);
  });

  it('says why npm could not fetch Node', async () => {
    world.processes.onRun = (run) => (run.command === 'npm' ? { code: 1, err: 'npm error 404' } : deliver(run));
    await expect(ensure()).rejects.toBeInstanceOf(NodePackFailed);
    await expect(ensure()).rejects.toThrow(/npm error 404/);
  });

  it('leaves no name behind when a layer fails, and says what failed', async () => {
    world.images.onBuild = () => ({ lines: ['E: no such package'], reason: 'apt-get returned 100' });
    await expect(ensure()).rejects.toBeInstanceOf(ImageBuildFailed);
    for (const name of (await nodeImageNames(world)).slice(0, 2)) expect(await world.images.find(name)).toBeUndefined();
  });
});

describe('an image that somebody chose', () => {
  it('is taken as it is', async () => {
    const id = world.images.add('mine:1');
    expect(await requireImage(world.images, 'mine:1')).toEqual({ reference: 'mine:1', id, built: false });
  });

  it('has to be there', async () => {
    await expect(requireImage(world.images, 'mine:2')).rejects.toBeInstanceOf(ImageMissing);
  });
});
