/**
 * Bundles every program into one file: `dist/host` for the machine that the tool runs on, `dist/machine` for the
 * machines of a cluster, which have Node and nothing else of ours, and `dist/bench` for the benchmarks.
 */
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { dockerodePlugin } from './esbuild-dockerode.mjs';
import { etcd3Plugin } from './esbuild-etcd3.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = `${root}dist`;
/** Written beside and moved into place, so that a program that runs meanwhile never finds half a bundle. */
const fresh = `${root}dist.${process.pid}`;

const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  /** Unit files are text inside our programs. */
  loader: { '.service': 'text', '.socket': 'text' },
  plugins: [dockerodePlugin(), etcd3Plugin()],
  /** Native parts of ssh2 that only make it faster. */
  external: ['cpu-features', '*.node'],
  /** Vendor code may still use `require` and `__dirname`, which ES modules lack. */
  banner: {
    js:
      "import { createRequire as requireFor } from 'node:module';\n" +
      'const require = requireFor(import.meta.url);\n' +
      'const __dirname = import.meta.dirname;',
  },
};

/** What stays a package on the host, which may have compiled its native parts. Hundreds of small files read slowly. */
const leftInPlace = ['ssh2'];

const programs = (names) => names.map((name) => ({ in: `src/programs/${name}/main.ts`, out: name }));

try {
  await mkdir(fresh);
  // The unit files of fleetd, for the machine image.
  await cp(`${root}src/programs/fleetd/systemd`, `${fresh}/units`, { recursive: true });
  await Promise.all([
    build({
      ...shared,
      entryPoints: programs(['devcluster', 'fleetctl']),
      outdir: `${fresh}/host`,
      splitting: true,
      external: [...shared.external, ...leftInPlace],
      target: 'node20',
    }),
    build({
      ...shared,
      entryPoints: ['bench/main.ts', 'bench/bare.ts', 'bench/many-agents.ts'],
      outdir: `${fresh}/bench`,
      external: [...shared.external, ...leftInPlace],
      target: 'node20',
    }),
    build({
      ...shared,
      entryPoints: programs(['fleetd', 'fleetctl', 'skydns', 'registrator', 'golden-layers']),
      outdir: `${fresh}/machine`,
      splitting: true,
      minifySyntax: true,
      minifyWhitespace: true,
      target: 'node24',
    }),
  ]);
  await writeFile(`${fresh}/.complete`, '');
  await rm(dist, { recursive: true, force: true });
  await rename(fresh, dist);
} finally {
  // Builds that go on while another has failed may still write.
  await rm(fresh, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
