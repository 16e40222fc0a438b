import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EtcdServers, startEtcd } from '../../testing/etcd-server.ts';

let servers: EtcdServers;
let directory: string;
beforeAll(async () => {
  servers = await startEtcd(1);
  directory = await mkdtemp(join(tmpdir(), 'etcd-bundle-'));
});
afterAll(async () => {
  await servers[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const program = `
import { systemClock } from './src/ports/clock/system.ts';
import { openEtcd } from './src/ports/etcd/etcd3.ts';
const run = async () => {
  const etcd = await openEtcd({ clock: systemClock(), endpoints: [process.argv[2]] });
  await etcd.transact({ ops: [{ put: '/bundled', value: 'works' }] });
  const { results } = await etcd.transact({ ops: [{ get: '/bundled' }] });
  process.stdout.write(results[0].found[0].value);
  await etcd[Symbol.asyncDispose]();
};
void run();
`;

it.each([
  ['esm', 'mjs'],
  ['cjs', 'cjs'],
] as const)(
  'works from one %s file in a directory without anything else, and lets the process end',
  async (format, ending) => {
    const { etcd3Plugin }: { etcd3Plugin: () => Plugin } = await import(
      new URL('../../../bin/esbuild-etcd3.mjs', import.meta.url).href
    );
    const outfile = join(directory, `program.${ending}`);
    const root = new URL('../../..', import.meta.url).pathname;
    const banner =
      format === 'esm'
        ? "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);"
        : '';
    await build({
      ...{ bundle: true, platform: 'node', target: 'node20', format, outfile, banner: { js: banner } },
      plugins: [etcd3Plugin()],
      stdin: { contents: program, resolveDir: root, loader: 'ts' },
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile, servers.endpoints[0] as string], {
      cwd: directory,
      timeout: 20_000,
    });
    expect(stdout).toBe('works');
  },
);
