/**
 * Bundles every program into one file: `dist/host` for the machine that the tool runs on, `dist/machine` for the
 * machines of a cluster, which have Node and nothing else of ours.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;

/** Unit files and the like are text inside our programs. */
const loader = { '.service': 'text', '.socket': 'text' };

/** Vendor code in a bundle may still call `require`, which ES modules lack. */
const banner = {
  js: "import { createRequire as requireFor } from 'node:module'; const require = requireFor(import.meta.url);",
};

const shared = { absWorkingDir: root, bundle: true, platform: 'node', format: 'esm', loader, logLevel: 'warning' };

const host = (programs) => ({
  ...shared,
  entryPoints: programs.map((program) => ({ in: `src/programs/${program}/main.ts`, out: program })),
  outdir: `${dist}/host`,
  outExtension: { '.js': '.mjs' },
  splitting: true,
  packages: 'external',
  target: 'node20',
});

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
await build(host(['devcluster', 'fleetctl']));
await writeFile(`${dist}/.complete`, '');
