import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ImageBuildFailed } from '../../core/errors/images.ts';
import { dockerClient } from './client.ts';
import { imagesContract } from './images-contract.ts';
import { DockerodeImages } from './images-dockerode.ts';

const host = process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock';
const make = () => new DockerodeImages(dockerClient(host), host);

imagesContract('a real engine', make);

const inFolder = async (files: Readonly<Record<string, string>>, act: (folder: string) => Promise<void>) => {
  const folder = mkdtempSync(join(tmpdir(), 'devcluster-images-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  await act(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
};
const build = (folder: string) =>
  make().build({ folder, reference: 'devcluster-contract:bad', arguments: {}, labels: {} }, () => {});

it('says that a folder without a Dockerfile cannot be built', async () => {
  await inFolder({}, async (folder) => {
    await expect(build(folder)).rejects.toThrow(ImageBuildFailed);
    await expect(build(folder)).rejects.toThrow(/Dockerfile/);
  });
});

it('says that a folder is missing', async () => {
  await expect(build('/nowhere/at/all')).rejects.toThrow(/from \/nowhere\/at\/all: the folder cannot be read/);
});

it('leaves out what .dockerignore names', async () => {
  const files = { Dockerfile: 'FROM scratch\nCOPY secret /secret\n', '.dockerignore': 'secret\n', secret: 'x' };
  await inFolder(files, async (folder) => {
    await expect(build(folder)).rejects.toThrow(/secret/);
  });
});
