import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { calledAs } from './called-as.ts';

const folder = mkdtempSync(join(tmpdir(), 'called-as-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('is the way from here to the script, in a checkout', () => {
  expect(calledAs('/home/me/devcluster/bin/devcluster', folder, '/home/me/devcluster')).toBe('bin/devcluster');
});

it('is the whole path of a script that lies elsewhere', () => {
  expect(calledAs('/opt/devcluster/bin/devcluster', '', '/home/me')).toBe('/opt/devcluster/bin/devcluster');
});

it('is the bare name once it is on the PATH', () => {
  writeFileSync(join(folder, 'devcluster'), '');
  expect(calledAs('/home/me/devcluster/bin/devcluster', ['/nowhere', folder].join(delimiter), '/home/me')).toBe(
    'devcluster',
  );
});
