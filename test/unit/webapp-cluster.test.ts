/** The tutorial’s files say what its article says, so that its hashes and its placements come out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseClusterFile } from '../../src/core/topology/cluster-file.ts';
import { hashOf, parseUnitFile, printUnitFile, shortHash, valuesOf } from '../../src/core/unit/index.ts';
import { checkout } from '../support/devcluster.ts';

const path = `${checkout}clusters/webapp.yaml`;
const unitFile = (name: string) => readFileSync(`${checkout}clusters/webapp/services/${name}`, 'utf8');
const imageOf = (name: string) => {
  const run = valuesOf(parseUnitFile(unitFile(name)), 'Service', 'ExecStart')[0] ?? '';
  return run.split(' ').at(-1);
};

const parsed = parseClusterFile(readFileSync(path, 'utf8'));
if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes));
const { draft } = parsed;

describe('the unit files of the webapp tutorial', () => {
  it.each([
    ['redis@.service', '1226b31'],
    ['webapp@.service', '76103f7'],
  ])('%s has the hash %s', (name, hash) => {
    expect(shortHash(hashOf(parseUnitFile(unitFile(name))))).toBe(hash);
  });

  it.each(readdirSync(`${checkout}clusters/webapp/services`))('%s is written in the canonical form', (name) => {
    expect(unitFile(name)).toBe(printUnitFile(parseUnitFile(unitFile(name))));
  });
});

describe('the cluster file of the webapp tutorial', () => {
  it('has one app machine and two services machines, below webapp.dev', () => {
    expect(draft).toMatchObject({ name: 'webapp', domain: 'webapp.dev', machines: 3 });
    expect([...draft.metadata]).toEqual([
      [1, { purpose: 'app' }],
      [2, { purpose: 'services' }],
      [3, { purpose: 'services' }],
    ]);
  });

  it('starts nothing: that is the reader’s part', () => {
    expect(draft.units ?? []).toEqual([]);
  });

  it('has every image that its units run, each with a folder to build it in', () => {
    const wanted = new Map(draft.images?.map(({ reference, build }) => [reference, build]));
    expect([...wanted.keys()]).toEqual([imageOf('redis@.service'), imageOf('webapp@.service')]);
    for (const build of wanted.values()) {
      expect(existsSync(resolve(dirname(path), build ?? 'missing', 'Dockerfile'))).toBe(true);
    }
  });

  it('shares the folder that the webapp is served from', () => {
    expect(draft.folders).toEqual([{ from: './webapp/code', to: '/code' }]);
    expect(existsSync(`${checkout}clusters/webapp/code/webapp/config.ru`)).toBe(true);
  });
});
