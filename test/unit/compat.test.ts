/** docs/compat.md names tests that are there. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkout } from '../support/devcluster.ts';

const sources = ['src', 'test', 'bench'].flatMap((folder) =>
  readdirSync(`${checkout}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
);

interface Pin {
  readonly row: string;
  readonly file: string;
  readonly names: readonly string[];
}

/** What the last cell of a row says: files in backquotes, each with the names of tests in double quotes behind it. */
const pins: readonly Pin[] = readFileSync(`${checkout}docs/compat.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (section|---)/.test(line))
  .flatMap((line) => {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const last = cells.at(-2) ?? '';
    return [...last.matchAll(/`([^`]+\.ts)`([^`]*)/g)].map(([, file = '', after = '']) => ({
      row: `${cells[1]}: ${cells[2]}`,
      file,
      names: [...after.matchAll(/"((?:[^"\\]|\\.)+)"/g)].map(([, name = '']) => name),
    }));
  });

const textOf = (file: string): string => {
  const found = sources.filter((source) => source === file || source.endsWith(`/${file}`));
  return found.map((source) => readFileSync(`${checkout}${source}`, 'utf8')).join('\n');
};
/** Without escapes; a name that ends in dots is the beginning of one. */
const plain = (text: string): string => text.replace(/\\(['"`|])/g, '$1').replace(/ ?…$/, '');

describe('docs/compat.md', () => {
  it('names a test in every row', () => {
    const rows = readFileSync(`${checkout}docs/compat.md`, 'utf8')
      .split('\n')
      .filter((line) => /^\| (?!section|---)/.test(line));
    expect(rows.length).toBeGreaterThan(50);
    expect(rows.filter((row) => !/`[^`]+\.ts`[^|]*\|$/.test(row))).toEqual([]);
  });

  it.each(pins)('"$row" is pinned by $file', ({ file, names }) => {
    const text = plain(textOf(file));
    expect(text, `there is no ${file}`).not.toBe('');
    for (const name of names) expect(text.includes(plain(name)), `${file} has no "${name}"`).toBe(true);
  });
});
