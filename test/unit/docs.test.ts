/** What the documents show is true: their cluster files are read by the tool's own reader. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseClusterFile } from '../../src/core/topology/cluster-file.ts';
import { checkout } from '../support/devcluster.ts';

const documents = ['README.md', ...readdirSync(`${checkout}docs`).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md') && existsSync(`${checkout}${name}`))
  .map((name) => ({ name, text: readFileSync(`${checkout}${name}`, 'utf8') }));

const clusterFiles = documents.flatMap(({ name, text }) =>
  [...text.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, file = ''], at) => ({ at: `${name} #${at + 1}`, file })),
);
describe('the documents', () => {
  it('show at least one cluster file', () => {
    expect(clusterFiles.length).toBeGreaterThan(0);
  });

  it.each(clusterFiles)('$at is a cluster file without a mistake', ({ file }) => {
    expect(parseClusterFile(file)).toHaveProperty('draft');
  });
});
