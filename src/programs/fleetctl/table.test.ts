import { expect, it } from 'vitest';
import { printTable } from './table.ts';

it('starts each column at the tab stop behind the longest cell before it', () => {
  expect(
    printTable([
      ['UNIT', 'MACHINE', 'ACTIVE', 'SUB'],
      ['hello.service', '113f16a7.../172.17.8.103', 'active', 'running'],
      ['nohash.service', '85c0c595...', 'inactive', 'dead'],
    ]),
  ).toEqual([
    'UNIT\t\tMACHINE\t\t\t\tACTIVE\t\tSUB',
    'hello.service\t113f16a7.../172.17.8.103\tactive\t\trunning',
    'nohash.service\t85c0c595...\t\t\tinactive\tdead',
  ]);
});

it('keeps the address where the tutorial cuts it out', () => {
  const [, redis = ''] = printTable([
    ['UNIT', 'MACHINE', 'ACTIVE', 'SUB'],
    ['redis@1.service', '85c0c595.../172.17.8.103', 'active', 'running'],
    ['registrator.service', '113f16a7.../172.17.8.101', 'active', 'running'],
  ]);
  expect(redis).toMatch(/^redis@1\.service\t\t8/);
  // awk -F'[[:space:]/]' '{ print $4 }'
  expect(redis.split(/[\s/]/)[3]).toBe('172.17.8.103');
});

it.each([
  ['seven characters and one tab', 'a'.repeat(7), 1],
  ['eight characters and a whole column of its own', 'a'.repeat(8), 1],
  ['characters, not bytes', 'ä'.repeat(7), 1],
])('counts %s', (_name, cell, tabs) => {
  expect(printTable([[cell, 'x']])).toEqual([`${cell}${'\t'.repeat(tabs)}x`]);
});

it('does not pad the last column', () => {
  expect(
    printTable([
      ['a', 'long cell'],
      ['b', 'c'],
    ]),
  ).toEqual(['a\tlong cell', 'b\tc']);
});

it('prints nothing of nothing', () => {
  expect(printTable([])).toEqual([]);
});
