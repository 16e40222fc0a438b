/**
 * Makes a checkout runnable: installs the locked dependencies and bundles the programs, each only when it is missing or
 * out of date. An installed package has no `src` and arrives bundled, so there it does nothing.
 *
 * Plain JavaScript without dependencies, because it runs before any are installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const changedAt = (path) => statSync(`${root}${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

const newestIn = (folder) =>
  Math.max(
    changedAt(folder),
    ...readdirSync(`${root}${folder}`, { withFileTypes: true }).map((entry) =>
      entry.isDirectory() ? newestIn(`${folder}/${entry.name}`) : changedAt(`${folder}/${entry.name}`),
    ),
  );

/** Talk goes to stderr: the output of the program that we prepare for is data. */
const run = (doing, command, args) => {
  process.stderr.write(`${doing} …\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  process.stderr.write(`Error: "${command} ${args.join(' ')}" failed${error ? `: ${error.message}` : ''}.\n`);
  process.stderr.write('Try: read the lines above; a working npm registry is needed the first time.\n');
  process.exit(status ?? 1);
};

export function prepare() {
  if (!existsSync(`${root}src`)) return;
  if (changedAt('node_modules/.package-lock.json') < changedAt('package-lock.json')) {
    run('Installing dependencies', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  if (
    changedAt('dist/.complete') <
    Math.max(...['src', 'bin', 'bench', 'test'].map(newestIn), changedAt('package-lock.json'))
  ) {
    run('Bundling the programs', process.execPath, ['bin/build.mjs']);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) prepare();
