/** What the documents show is true: their cluster files are read by the tool's own reader. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseClusterFile } from '../../src/core/topology/cluster-file.ts';
import { commandNames } from '../../src/programs/devcluster/command-line.ts';
import { checkout } from '../support/devcluster.ts';

const documents = ['README.md', ...readdirSync(`${checkout}docs`).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md') && existsSync(`${checkout}${name}`))
  .map((name) => ({ name, text: readFileSync(`${checkout}${name}`, 'utf8') }));

const text = (name: string): string => readFileSync(`${checkout}${name}`, 'utf8');

const clusterFiles = documents.flatMap(({ name, text }) =>
  [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, file = ''], at) => ({ at: `${name} #${at + 1}`, file })),
);
const links = documents.flatMap(({ name, text }) =>
  [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => ({ name, target })),
);

describe('the documents', () => {
  it('show at least one cluster file', () => {
    expect(clusterFiles.length).toBeGreaterThan(0);
  });

  it.each(clusterFiles)('$at is a cluster file without a mistake', ({ file }) => {
    expect(parseClusterFile(file)).toHaveProperty('draft');
  });

  it('tell every command of devcluster, and no other', () => {
    const told = /\| command[\s\S]*?\n\n/.exec(text('docs/devcluster.md'))?.[0] ?? '';
    const rows = told
      .split('\n')
      .slice(2)
      .map((row) => row.split(/(?<!\\)\|/)[1] ?? '');
    const names = rows.flatMap((row) => [...row.matchAll(/`([a-z-]+)/g)].map(([, name]) => name));
    expect(names.toSorted()).toEqual(commandNames().toSorted());
  });

  it('tell every exit code of devcluster, as its source does', () => {
    const source = text('src/programs/devcluster/exit-codes.ts');
    const codes = [...source.matchAll(/^ \* \| ([\d, ]+) \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
    const told = [...text('docs/devcluster.md').matchAll(/^\| ([\d, ]+?) +\| (.*?) +\|$/gm)].map(([, c, m]) => [c, m]);
    expect(codes.length).toBeGreaterThan(5);
    expect(told).toEqual(codes);
  });

  it.each(links)('$name links to $target, which is there', ({ name, target }) => {
    expect(existsSync(resolve(checkout, dirname(name), target))).toBe(true);
  });
});
