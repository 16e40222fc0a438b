import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemoryImages } from '../../../ports/docker/images-memory.ts';
import { Scratch, type TestDesk, testDesk } from '../fixtures.ts';
import type { Golden } from '../golden/golden.ts';
import { builtFor } from '../golden/provide.ts';
import { createGolden, goldenName, sealGolden } from '../golden/volume.ts';
import { ownImage } from '../image/labels.ts';
import { imageBuild, imageList, imagePrune } from './image.ts';
import { up } from './up.ts';

let scratch: Scratch;
let desk: TestDesk;
let images: MemoryImages;
beforeEach(async () => {
  scratch = new Scratch();
  desk = testDesk({ scratch, image: 'devcluster/node:2' });
  images = (await desk.engine({ provide: false, agreed: false, said: () => {} })).images as MemoryImages;
  images.add('devcluster/node:1', { [ownImage]: 'node', version: '1' });
  images.add('devcluster/node:2', { [ownImage]: 'node', version: '2' });
  images.add('redis:2.8');
});
afterEach(() => scratch[Symbol.dispose]());

describe('devcluster image', () => {
  it('build prints the name of the image as its only result', async () => {
    await imageBuild(desk, {});
    expect(desk.io.output()).toBe('devcluster/node:2\n');
    expect(desk.io.errors()).toMatch(/present/);
  });

  it('ls shows our images and no others', async () => {
    await imageList(desk, { output: 'json' });
    const { images: shown } = JSON.parse(desk.io.output());
    expect(shown.map(({ reference }: { reference: string }) => reference)).toEqual([
      'devcluster/node:1',
      'devcluster/node:2',
    ]);
  });

  it('ls shows the images that were built for machines, and the golden volumes that hold them', async () => {
    images.add('devcluster-image:abc', { [builtFor]: 'redis:2.8' });
    await createGolden(desk.docker, 'f00', ['redis:2.8']);
    await imageList(desk, {});
    expect(desk.io.output()).toMatch(/^devcluster-image:abc\s+redis:2\.8 /m);
    expect(desk.io.output()).toMatch(/^devcluster-golden-f00\s+redis:2\.8\s+unfinished$/m);
    await sealGolden(desk.docker, 'f00');
    const again = testDesk({ scratch, before: desk });
    await imageList(again, { output: 'json' });
    const { golden } = JSON.parse(again.io.output());
    expect(golden).toEqual([{ name: 'devcluster-golden-f00', hash: 'f00', images: ['redis:2.8'], finished: true }]);
  });

  it('prune removes golden volumes that no machine mounts, and what was built for them', async () => {
    images.add('devcluster-image:abc', { [builtFor]: 'redis:2.8' });
    await createGolden(desk.docker, 'f00', ['redis:2.8']);
    await sealGolden(desk.docker, 'f00');
    await imagePrune(desk, {});
    expect(await desk.docker.volumes({})).toEqual([]);
    expect(await images.find('devcluster-image:abc')).toBeUndefined();
    expect(desk.io.errors()).toContain('devcluster-golden-f00');
  });

  it('prune leaves the golden volume of a machine, and the images that it was made from', async () => {
    images.add('devcluster-image:abc', { [builtFor]: 'redis:2.8' });
    const golden: Golden = { volume: goldenName('f00'), images: [] };
    await createGolden(desk.docker, 'f00', ['redis:2.8']);
    const wanting = testDesk({ scratch, before: desk, golden });
    writeFileSync(join(scratch.path, 'devcluster.yaml'), 'name: lab\nmachines: 1\nimages:\n  - reference: redis:2.8\n');
    await up(wanting, {});
    await imagePrune(desk, {});
    expect((await desk.docker.volumes({})).map(({ name }) => name)).toContain(goldenName('f00'));
    expect(await images.find('devcluster-image:abc')).toBeDefined();
  });

  it('prune removes images of earlier versions, and neither the current one nor anybody else’s', async () => {
    await imagePrune(desk, {});
    expect(await images.find('devcluster/node:1')).toBeUndefined();
    expect(await images.find('devcluster/node:2')).toBeDefined();
    expect(await images.find('redis:2.8')).toBeDefined();
  });
});
