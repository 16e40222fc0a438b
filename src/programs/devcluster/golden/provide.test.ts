import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageBuildFailed, ImagePullFailed } from '../../../core/errors/images.ts';
import { ManualClock } from '../../../ports/clock/manual.ts';
import { MemoryImages } from '../../../ports/docker/images-memory.ts';
import { builtFor, provideImage } from './provide.ts';

const reference = 'redis:2.8';
let folder: string;
let images: MemoryImages;
let said: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devcluster-provide-'));
  writeFileSync(join(folder, 'Dockerfile'), 'ARG BASE=debian\nFROM $BASE\n');
  images = new MemoryImages();
  images.add('a-base');
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const provide = (build: string | undefined = folder) => {
  const provider = { images, clock: new ManualClock(), base: async () => 'a-base', proxies: { http_proxy: 'a-proxy' } };
  return provideImage({ reference, ...(build === '' ? {} : { build }) }, provider, (line) => said.push(line));
};

describe('an image that units name', () => {
  it('is taken as it is when the engine has it', async () => {
    const id = images.add(reference);
    expect(await provide()).toEqual({ reference, name: reference, content: id });
    expect(images.calls).toEqual([]);
  });

  it('is pulled when a registry has it', async () => {
    images.onPull = () => true;
    expect(await provide()).toMatchObject({ reference, name: reference });
    expect(images.calls).toEqual([`pull ${reference}`]);
  });

  it('is built from its folder when no registry has it, under a name of our own', async () => {
    const { name, content } = await provide();
    expect(name).toMatch(/^devcluster-image:[0-9a-f]{16}$/);
    expect(images.calls).toEqual([`pull ${reference}`, `build ${name}`]);
    expect(await images.find(name)).toMatchObject({ id: content, labels: { [builtFor]: reference } });
    expect(await images.find(reference)).toBeUndefined();
    expect(said).toContain(`building ${reference} from ${folder}`);
  });

  it('is neither built nor asked for again while its folder stays the same', async () => {
    const first = await provide();
    images.calls.length = 0;
    expect(await provide()).toEqual(first);
    expect(images.calls).toEqual([]);
  });

  it.each([
    ['a file is added', () => writeFileSync(join(folder, 'more'), '')],
    ['its Dockerfile changes', () => writeFileSync(join(folder, 'Dockerfile'), 'ARG BASE\nFROM $BASE\nUSER redis\n')],
    ['a link is added, even one to nowhere', () => symlinkSync('nowhere', join(folder, 'link'))],
    [
      'a file below a folder is added',
      () => {
        mkdirSync(join(folder, 'deep'));
        writeFileSync(join(folder, 'deep/er'), '');
      },
    ],
  ])('is built again when %s', async (_change, change) => {
    const first = await provide();
    change();
    expect((await provide()).name).not.toBe(first.name);
  });

  it('is built again when the base is another image', async () => {
    const first = await provide();
    images.add('a-base', { newer: 'yes' });
    expect((await provide()).name).not.toBe(first.name);
  });

  it('gets the base only when its Dockerfile asks for one', async () => {
    const given: unknown[] = [];
    images.onBuild = (spec) => {
      given.push(spec.arguments);
      return { lines: [] };
    };
    await provide();
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    await provide();
    expect(given).toEqual([{ http_proxy: 'a-proxy', BASE: 'a-base' }, { http_proxy: 'a-proxy' }]);
  });

  it('is an error when no registry has it and nobody says where to build it', async () => {
    const failure = await provide('').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ImagePullFailed);
    expect(failure).toMatchObject({ remedy: expect.stringContaining('build: FOLDER') });
  });

  it('is an error with the last lines of the build when that fails', async () => {
    images.onBuild = () => ({ lines: ['Step 2/2 : RUN false'], reason: 'returned a non-zero code: 1' });
    await expect(provide()).rejects.toThrow(/Step 2\/2 : RUN false/);
    await expect(provide()).rejects.toThrow(new RegExp(`the image ${reference} cannot be built from ${folder}`));
  });

  it.each([
    ['the folder is missing', '/nowhere', /the folder cannot be read/],
    ['the folder has no Dockerfile', tmpdir(), /it has no Dockerfile/],
  ])('is an error when %s', async (_what, build, message) => {
    const missing = build === '/nowhere' ? build : mkdtempSync(join(tmpdir(), 'devcluster-empty-'));
    await expect(provide(missing)).rejects.toThrow(ImageBuildFailed);
    await expect(provide(missing)).rejects.toThrow(message);
    expect(images.calls).toEqual([]);
    if (missing !== build) rmSync(missing, { recursive: true });
  });
});
