import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type EarlyDeaths, runtimeFolder } from './runtime-folder.ts';

let scratch: string;
let folder: string;
let deaths: EarlyDeaths;
let heard: (id: string) => void;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'runtime-'));
  folder = join(scratch, 'moby');
  deaths = runtimeFolder(folder, (id) => heard(id));
});
afterEach(async () => {
  deaths[Symbol.dispose]();
  await rm(scratch, { recursive: true });
});

/** Resolves when the container has been heard of and is gone. */
const died = (container: string) =>
  new Promise<void>((resolve) => {
    heard = (id) => {
      if (id === container) void deaths.isGone(id).then((isGone) => isGone && resolve());
    };
  });
const start = (id: string) => mkdir(join(folder, id), { recursive: true });
const end = (id: string) => rm(join(folder, id), { recursive: true });

it('tells of a death', async () => {
  await start('a');
  deaths.look();
  const death = died('a');
  await end('a');
  await death;
});

it('knows a container that was started again', async () => {
  await start('a');
  deaths.look();
  const death = died('a');
  await end('a');
  await death;
  await start('a');
  expect(await deaths.isGone('a')).toBe(false);
});

it('waits for a folder that is made later, and made anew', async () => {
  deaths.look();
  for (let round = 0; round < 2; round++) {
    await start('a');
    deaths.look();
    const death = died('a');
    await end('a');
    await death;
    heard = () => {};
    await rm(folder, { recursive: true });
    // The end of the folder is heard of like everything else in it.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});
