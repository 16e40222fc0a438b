import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findClusterFile, matchFiles, readClusterFile, readReferences } from './cluster-files.ts';
import { Scratch } from './fixtures.ts';

const filled = (files: Readonly<Record<string, string>>): Scratch => {
  const scratch = new Scratch();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(scratch.path, path, '..'), { recursive: true });
    writeFileSync(join(scratch.path, path), text);
  }
  return scratch;
};

describe('cluster files', () => {
  it('are found in the folder and above it, the nearest first', async () => {
    using scratch = filled({ 'devcluster.yaml': '', 'a/devcluster.yaml': '', 'a/b/c/x': '' });
    expect(await findClusterFile(join(scratch.path, 'a/b/c'))).toBe(join(scratch.path, 'a/devcluster.yaml'));
    expect(await findClusterFile(scratch.path)).toBe(join(scratch.path, 'devcluster.yaml'));
  });

  it('mean paths from where they lie', async () => {
    using scratch = filled({
      'x/lab.yaml': 'folders: [{ from: ../code, to: /code }]\nunits: [u/*.service]',
      'code/f': '',
    });
    const { draft } = await readClusterFile(join(scratch.path, 'x/lab.yaml'));
    expect(draft.folders).toEqual([{ from: join(scratch.path, 'code'), to: '/code' }]);
    expect(draft.units?.[0]?.path).toBe(join(scratch.path, 'x/u/*.service'));
  });

  it('are told everything that is wrong with what they refer to', async () => {
    using scratch = filled({
      'lab.yaml':
        'folders: [{ from: ./code, to: /code }]\nimages: [{ reference: "web:1", build: web }]\nunits: [gone.service, bad.service, odd.service, good.service]',
      'bad.service': '[Service\n',
      'odd.service': '[X-Fleet]\nMachineOf=web.service\nConflicts=web.*\n',
      'good.service': '[Service]\nExecStart=/bin/true\n',
    });
    const file = await readClusterFile(join(scratch.path, 'lab.yaml'));
    const said = await readReferences(file).catch((error: Error) => error.message);
    const at = (name: string) => join(scratch.path, name);
    for (const part of [
      `the folder ${at('code')} is not there`,
      `the folder ${at('web')} is not there`,
      `no unit file matches ${at('gone.service')}`,
      `the unit file ${at('bad.service')}: `,
      `the unit file ${at('odd.service')}: unresolvable`,
    ])
      expect(said).toContain(part);
    expect(said).not.toContain('good.service');
  });
});

describe('patterns', () => {
  it('match files only, sorted, and hidden ones only when they say so', async () => {
    using scratch = filled({
      'u/b.service': '',
      'u/a.service': '',
      'u/.c.service': '',
      'u/d.service/x': '',
      'u/a.txt': '',
    });
    const names = async (pattern: string) =>
      (await matchFiles(join(scratch.path, pattern))).map((path) => path.slice(scratch.path.length + 1));
    expect(await names('u/*.service')).toEqual(['u/a.service', 'u/b.service']);
    expect(await names('*/?.service')).toEqual(['u/a.service', 'u/b.service']);
    expect(await names('u/.*.service')).toEqual(['u/.c.service']);
    expect(await names('nowhere/*')).toEqual([]);
  });
});

describe('the units of a cluster file', () => {
  it('are read once each, with the furthest target that was asked for', async () => {
    using scratch = filled({ 'a.service': '[A]\n', 'b.service': '[B]\n' });
    const at = (name: string) => join(scratch.path, name);
    const units = [
      { path: at('*.service'), target: 'inactive' as const },
      { path: at('b.service'), target: 'launched' as const },
      { path: at('b.service'), target: 'loaded' as const },
    ];
    expect(await readReferences({ path: 'x', draft: { metadata: new Map(), units } })).toEqual([
      { name: 'a.service', text: '[A]\n', target: 'inactive' },
      { name: 'b.service', text: '[B]\n', target: 'launched' },
    ]);
  });

  it('are made from a template when the instance has no file', async () => {
    using scratch = filled({ 'redis@.service': '[R]\n' });
    const wanted = [{ path: join(scratch.path, 'redis@1.service'), target: 'launched' as const }];
    expect(await readReferences({ path: 'x', draft: { metadata: new Map(), units: wanted } })).toEqual([
      { name: 'redis@1.service', text: '[R]\n', target: 'launched' },
    ]);
  });
});
