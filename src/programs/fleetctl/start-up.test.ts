/** What every call of fleetctl loads before it does anything: start-up is most of the time that a command takes. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/** Specifiers of imports that are carried out as soon as the file is loaded; types are not. */
const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )(?:[^'"]*?from )?'([^']+)';/gms)].map(
    ([, to]) => to ?? '',
  );

function loadedWith(file: string, seen = new Set<string>()): ReadonlySet<string> {
  for (const to of importsOf(file)) {
    const target = to.startsWith('.') ? join(dirname(file), to) : to;
    if (seen.has(target)) continue;
    seen.add(target);
    if (to.startsWith('.')) loadedWith(target, seen);
  }
  return seen;
}

it('is no package of anybody else, and no module that takes its time', () => {
  const loaded = [...loadedWith(main)];
  expect(loaded.length).toBeGreaterThan(50);
  expect(loaded.filter((one) => !one.startsWith('/')).toSorted()).toEqual([
    'node:crypto',
    'node:events',
    'node:fs',
    'node:fs/promises',
    'node:net',
    'node:os',
    'node:stream/consumers',
    'node:stream/promises',
    'node:tty',
  ]);
});

it('is nothing that only a few commands need', () => {
  const loaded = [...loadedWith(main)];
  for (const rare of [
    'rarely',
    'explain-run',
    'plan-run',
    'watch-run',
    'complete',
    'completion-scripts',
    'wire-etcd',
  ]) {
    expect(loaded).not.toContain(join(dirname(main), `${rare}.ts`));
  }
  expect(loaded.filter((one) => one.includes('/core/scheduler/'))).toEqual([]);
});
