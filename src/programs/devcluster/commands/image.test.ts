import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MemoryImages } from '../../../ports/docker/images-memory.ts';
import { Scratch, type TestDesk, testDesk } from '../fixtures.ts';
import { ownImage } from '../image/labels.ts';
import { imageBuild, imageList, imagePrune } from './image.ts';

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

  it('prune removes images of earlier versions, and neither the current one nor anybody else’s', async () => {
    await imagePrune(desk, {});
    expect(await images.find('devcluster/node:1')).toBeUndefined();
    expect(await images.find('devcluster/node:2')).toBeDefined();
    expect(await images.find('redis:2.8')).toBeDefined();
  });
});
