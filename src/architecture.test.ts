/** Two properties that all else leans on: imports point inward, and core touches nothing outside. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('.', import.meta.url));

/** Inside to outside: a file may import from its own room and from those before it. */
const rooms = [
  'core/base',
  'core/errors',
  'core/metrics',
  'core/unit',
  'core/machine',
  'core/cluster',
  'core/scheduler',
  'core/agent',
  'core/records',
  'core/dns',
  'core/api',
  'core/topology',
  'ports',
  'testing',
  'programs',
  'sim',
];

/** What core may import besides itself: functions of their arguments, and nothing more. */
const pureModules: Readonly<Record<string, readonly string[]>> = {
  'core/unit': ['node:crypto'],
  'core/dns': ['dns-packet'],
  'core/topology': ['yaml', 'node:crypto'],
};

const isTest = (file: string) => /\.test\.ts$|\/(contract|fixtures)\.ts$/.test(file);
const sourceFiles = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file.includes('/'))
  .sort();

const roomOf = (file: string): string => {
  const room = rooms.find((name) => file.startsWith(`${name}/`));
  if (room === undefined) throw new Error(`${file} stands in no room; the rooms are: ${rooms.join(', ')}`);
  return room;
};

const specifiersIn = (file: string): string[] =>
  [
    ...readFileSync(join(src, file), 'utf8').matchAll(
      /(?:^|[\s;])(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|import\s*\(?\s*['"]([^'"]+)['"]/g,
    ),
  ]
    .map((match) => match[1] ?? match[2] ?? '')
    .filter((specifier) => specifier !== '');

const ownImports = (file: string): string[] =>
  specifiersIn(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => relative(src, join(src, dirname(file), specifier)));

const vendorImports = (file: string): string[] => specifiersIn(file).filter((specifier) => !specifier.startsWith('.'));

describe('the house', () => {
  it('is not empty, so that the rules below have something to hold', () => {
    expect(sourceFiles.length).toBeGreaterThan(20);
    expect(sourceFiles.flatMap(ownImports).length).toBeGreaterThan(20);
  });

  it.each(sourceFiles)('%s imports only inward', (file) => {
    const inward = rooms.slice(0, rooms.indexOf(roomOf(file)) + 1);
    const allowed = isTest(file)
      ? [...inward, 'testing', 'ports']
      : inward.filter((room) => room !== 'testing' || roomOf(file) === 'testing');
    for (const target of ownImports(file)) expect(allowed, `${file} imports ${target}`).toContain(roomOf(target));
  });

  it.each(sourceFiles.filter((file) => file.startsWith('core/') && !isTest(file)))(
    '%s touches nothing outside core',
    (file) => {
      const allowed = pureModules[roomOf(file)] ?? [];
      for (const specifier of vendorImports(file)) expect(allowed, `${file} imports ${specifier}`).toContain(specifier);
    },
  );

  it.each(sourceFiles.filter((file) => file.startsWith('programs/')))('%s imports no other program', (file) => {
    const program = file.split('/').slice(0, 2).join('/');
    for (const target of ownImports(file)) {
      // Unit files are data: devcluster submits those of skydns and registrator.
      if (target.startsWith('programs/') && target.endsWith('.ts'))
        expect(target.startsWith(`${program}/`), `${file} imports ${target}`).toBe(true);
    }
  });

  it('imports each vendor package in one file', () => {
    const users = new Map<string, string[]>();
    for (const file of sourceFiles.filter((name) => !isTest(name) && !name.startsWith('testing/'))) {
      for (const specifier of new Set(vendorImports(file))) {
        if (specifier.startsWith('node:')) continue;
        users.set(specifier, [...(users.get(specifier) ?? []), file]);
      }
    }
    for (const [vendor, files] of users) expect(files, `files that import ${vendor}`).toHaveLength(1);
  });
});
