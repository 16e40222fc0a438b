import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installGolden, type Mount } from './install.ts';

let at: string;
beforeEach(() => {
  at = mkdtempSync(join(tmpdir(), 'devcluster-golden-'));
});
afterEach(() => rmSync(at, { recursive: true, force: true }));

const put = (path: string, content: string): void => {
  mkdirSync(dirname(join(at, path)), { recursive: true });
  writeFileSync(join(at, path), content);
};
const read = (path: string): string => readFileSync(join(at, path), 'utf8');
const has = (path: string): boolean => existsSync(join(at, path));

interface LayerFiles {
  readonly chain: string;
  readonly folder: string;
  readonly link: string;
  readonly parent?: string;
  readonly lower?: string;
}

/** A layer as an engine leaves it on disk. */
const putLayer = (root: string, { chain, folder, link, parent, lower }: LayerFiles): void => {
  put(`${root}/overlay2/${folder}/diff/content`, chain);
  put(`${root}/overlay2/${folder}/link`, link);
  if (lower !== undefined) put(`${root}/overlay2/${folder}/lower`, lower);
  put(`${root}/image/overlay2/layerdb/sha256/${chain}/cache-id`, folder);
  put(`${root}/image/overlay2/layerdb/sha256/${chain}/diff`, `sha256:${chain}`);
  if (parent !== undefined) put(`${root}/image/overlay2/layerdb/sha256/${chain}/parent`, `sha256:${parent}`);
};
const putNames = (root: string, names: Record<string, Record<string, string>>): void =>
  put(`${root}/image/overlay2/repositories.json`, JSON.stringify({ Repositories: names }));
const namesIn = (root: string): unknown => JSON.parse(read(`${root}/image/overlay2/repositories.json`)).Repositories;

const putGolden = (hash = 'first'): void => {
  putLayer('golden/engine', { chain: 'base', folder: 'gb', link: 'GB' });
  putLayer('golden/engine', { chain: 'redis', folder: 'gr', link: 'GR', parent: 'base', lower: 'l/GB' });
  put('golden/engine/image/overlay2/imagedb/content/sha256/r1', '{"image":"redis"}');
  putNames('golden/engine', { redis: { 'redis:2.8': 'sha256:r1' } });
  put('golden/complete', hash);
};

const mounted: { from: string; to: string }[] = [];
const mount: Mount = (mounts) => {
  mounted.push(...mounts.map(({ from, to }) => ({ from: from.replace(`${at}/`, ''), to: to.replace(`${at}/`, '') })));
};
const install = () => {
  mounted.length = 0;
  return installGolden(join(at, 'golden'), join(at, 'docker'), mount);
};

describe('a machine’s engine and a golden volume', () => {
  it('does nothing without a volume', () => {
    expect(install()).toBeUndefined();
    expect(has('docker')).toBe(false);
  });

  it('does nothing with a volume that was never finished', () => {
    putGolden();
    rmSync(join(at, 'golden/complete'));
    expect(install()).toBeUndefined();
  });

  it('gives an unused engine the images and their layers', () => {
    putGolden();
    expect(install()).toEqual({ added: 2, shared: 2, forgotten: 0 });
    expect(mounted).toEqual([
      { from: 'golden/engine/overlay2/gb/diff', to: 'docker/overlay2/gb/diff' },
      { from: 'golden/engine/overlay2/gr/diff', to: 'docker/overlay2/gr/diff' },
    ]);
    expect(read('docker/overlay2/gr/lower')).toBe('l/GB');
    expect(readlinkSync(join(at, 'docker/overlay2/l/GR'))).toBe('../gr/diff');
    expect(has('docker/overlay2/gr/work')).toBe(true);
    expect(has('docker/overlay2/gr/diff/content')).toBe(false);
    expect(read('docker/image/overlay2/layerdb/sha256/redis/parent')).toBe('sha256:base');
    expect(read('docker/image/overlay2/imagedb/content/sha256/r1')).toBe('{"image":"redis"}');
    expect(namesIn('docker')).toEqual({ redis: { 'redis:2.8': 'sha256:r1' } });
  });

  it('leaves the machine’s own images alone', () => {
    putGolden();
    putLayer('docker', { chain: 'mine', folder: 'm', link: 'M' });
    putNames('docker', { mine: { 'mine:latest': 'sha256:m1' }, redis: { 'redis:7': 'sha256:r7' } });
    install();
    expect(namesIn('docker')).toEqual({
      mine: { 'mine:latest': 'sha256:m1' },
      redis: { 'redis:7': 'sha256:r7', 'redis:2.8': 'sha256:r1' },
    });
    expect(read('docker/overlay2/m/diff/content')).toBe('mine');
  });

  it('stands a layer on the one that the machine pulled itself', () => {
    putGolden();
    putLayer('docker', { chain: 'base', folder: 'own', link: 'OWN' });
    expect(install()).toEqual({ added: 1, shared: 1, forgotten: 0 });
    expect(read('docker/overlay2/gr/lower')).toBe('l/OWN');
  });

  it('lists all that lies below a layer, nearest first', () => {
    putGolden();
    putLayer('golden/engine', { chain: 'top', folder: 'gt', link: 'GT', parent: 'redis', lower: 'l/GR:l/GB' });
    install();
    expect(read('docker/overlay2/gt/lower')).toBe('l/GR:l/GB');
  });

  it('mounts again after a reboot, and changes no names that somebody gave since', () => {
    putGolden();
    install();
    putNames('docker', { mine: { 'mine:latest': 'sha256:r1' } });
    expect(install()).toEqual({ added: 0, shared: 2, forgotten: 0 });
    expect(mounted).toHaveLength(2);
    expect(namesIn('docker')).toEqual({ mine: { 'mine:latest': 'sha256:r1' } });
  });

  it('finishes after losing power before the layers were known to the engine', () => {
    putGolden();
    expect(() =>
      installGolden(join(at, 'golden'), join(at, 'docker'), () => {
        throw new Error('no power');
      }),
    ).toThrow('no power');
    expect(has('docker/image/overlay2/layerdb/sha256/redis')).toBe(false);
    expect(install()).toEqual({ added: 2, shared: 2, forgotten: 0 });
  });

  it('forgets the layers of a volume that is gone', () => {
    putGolden();
    install();
    rmSync(join(at, 'golden/engine'), { recursive: true });
    putLayer('golden/engine', { chain: 'base', folder: 'nb', link: 'NB' });
    put('golden/complete', 'second');
    putNames('golden/engine', {});
    expect(install()).toEqual({ added: 0, shared: 1, forgotten: 1 });
    expect(mounted).toEqual([{ from: 'golden/engine/overlay2/nb/diff', to: 'docker/overlay2/gb/diff' }]);
    expect(has('docker/overlay2/gr')).toBe(false);
    expect(has('docker/overlay2/l/GR')).toBe(false);
    expect(has('docker/image/overlay2/layerdb/sha256/redis')).toBe(false);
  });
});
