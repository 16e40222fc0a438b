import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gather, hashOf } from './content.ts';

let folder: string;
const at = (path: string) => join(folder, path);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'devcluster-content-'));
  mkdirSync(at('tree/bin'), { recursive: true });
  writeFileSync(at('tree/bin/run'), 'program', { mode: 0o755 });
  writeFileSync(at('tree/text'), 'text');
  symlinkSync('text', at('tree/link'));
  writeFileSync(at('Dockerfile'), 'FROM scratch');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sources = () => [
  { from: at('Dockerfile'), to: 'Dockerfile' },
  { from: at('tree'), to: 'rootfs' },
];
const hash = (facts: readonly unknown[] = []) => hashOf(sources(), facts);

describe('the hash of what an image is made of', () => {
  it('is the same for the same files, wherever they are and with whatever umask they were made', async () => {
    const before = await hash();
    chmodSync(at('tree/text'), 0o600);
    chmodSync(at('tree/bin/run'), 0o700);
    expect(await hash()).toBe(before);
  });

  it.each([
    ['a content', () => writeFileSync(at('tree/text'), 'Text')],
    ['a name', () => writeFileSync(at('tree/another'), '')],
    ['a program that is none any more', () => chmodSync(at('tree/bin/run'), 0o644)],
    [
      'where a link leads',
      () => {
        rmSync(at('tree/link'));
        symlinkSync('bin', at('tree/link'));
      },
    ],
  ])('changes with %s', async (_, change) => {
    const before = await hash();
    change();
    expect(await hash()).not.toBe(before);
  });

  it('changes with what else the image depends on', async () => {
    expect(await hash(['24.1'])).not.toBe(await hash(['24.2']));
  });

  it('tells a file’s end from the next one’s beginning', async () => {
    const before = await hash();
    writeFileSync(at('Dockerfile'), 'FROM scratchp');
    writeFileSync(at('tree/bin/run'), 'rogram', { mode: 0o755 });
    expect(await hash()).not.toBe(before);
  });
});

it('gathers files, programs and links in one folder', async () => {
  const target = at('gathered');
  chmodSync(at('tree/text'), 0o600);
  await gather(sources(), target);
  expect(readFileSync(join(target, 'Dockerfile'), 'utf8')).toBe('FROM scratch');
  expect(statSync(join(target, 'rootfs/bin/run')).mode & 0o777).toBe(0o755);
  expect(statSync(join(target, 'rootfs/text')).mode & 0o777).toBe(0o644);
  expect(readlinkSync(join(target, 'rootfs/link'))).toBe('text');
});
