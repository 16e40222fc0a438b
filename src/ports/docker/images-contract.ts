/** What every store of images promises, as far as both the twin and the real thing can show it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageBuildFailed, ImagePullFailed } from '../../core/errors/images.ts';
import type { ImageStore } from './images.ts';
import { tarOf } from './tar.ts';

const [first, second] = ['devcluster-contract:first', 'devcluster-contract:second'];
const labels = { 'devcluster.contract': 'images' };

export function imagesContract(title: string, make: () => ImageStore): void {
  describe(`${title} keeps the promise of a store of images`, () => {
    const images = make();
    const said: string[] = [];
    const say = (line: string): void => void said.push(line);
    let folder: string;

    beforeEach(() => {
      said.length = 0;
      folder = mkdtempSync(join(tmpdir(), 'devcluster-images-'));
      writeFileSync(join(folder, 'Dockerfile'), 'ARG FILE\nFROM scratch\nARG FILE\nCOPY $FILE /file\n');
      writeFileSync(join(folder, 'present'), folder);
    });
    afterEach(async () => {
      for (const reference of [first, second]) await images.remove(reference);
      rmSync(folder, { recursive: true, force: true });
    });

    const build = (file = 'present') =>
      images.build({ folder, reference: first, arguments: { FILE: file }, labels }, say);

    it('has nothing under a name that nobody gave', async () => {
      expect(await images.find(first)).toBeUndefined();
    });

    it('builds a folder, tells what it does, and finds the image by name, id and label', async () => {
      const id = await build();
      expect(said.length).toBeGreaterThan(0);
      expect(await images.find(first)).toMatchObject({ id, references: [first], labels });
      expect(await images.find(id)).toMatchObject({ id });
      expect(await images.images(labels)).toMatchObject([{ id, references: [first] }]);
    });

    it('says why a build failed, with its last lines, and leaves no name behind', async () => {
      const failure = await build('missing').catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ImageBuildFailed);
      expect(failure).toMatchObject({ message: expect.stringMatching(/COPY/), facts: { image: first, folder } });
      expect(await images.find(first)).toBeUndefined();
    });

    it('gives an image a second name, and keeps the image until the last name is gone', async () => {
      const id = await build();
      await images.tag(first, second);
      await images.remove(first);
      expect(await images.find(second)).toMatchObject({ id, references: [second] });
      await images.remove(second);
      expect(await images.find(id)).toBeUndefined();
    });

    it('removes a name that is gone already', async () => {
      await expect(images.remove(first)).resolves.toBeUndefined();
    });

    it('says that no registry has an image', async () => {
      await expect(images.pull('localhost:1/devcluster/none:1', say)).rejects.toBeInstanceOf(ImagePullFailed);
    });

    it('imports the archive of a file system as an image with a name and labels', async () => {
      const archive = tarOf([{ path: '/etc/hostname', content: 'contract\n', mode: 0o644 }]);
      const id = await images.import(Readable.from([archive]), { reference: first, labels });
      expect(await images.find(first)).toMatchObject({ id, references: [first], labels });
    });

    it('exports several images under their names', async () => {
      await build();
      await images.tag(first, second);
      const archive = (await buffer(await images.export([first, second]))).toString('latin1');
      expect(archive).toContain(first);
      expect(archive).toContain(second);
    });
  });
}
