/** Run before a machine's Docker engine starts: shares the cluster's images with it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { installGolden, type Mount } from './install.ts';

/** Gone at the next boot, as the mounts are. */
const mountTable = '/run/devcluster-golden.mounts';

const [volume = '/opt/devcluster/golden', root = '/var/lib/docker'] = process.argv.slice(2);

/** One process for all mounts; they are read-only because the volume is. */
const bind: Mount = (mounts) => {
  const mounted = new Set(
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4]),
  );
  const missing = mounts.filter(({ to }) => !mounted.has(to));
  if (missing.length === 0) return;
  writeFileSync(mountTable, missing.map(({ from, to }) => `${from} ${to} none bind 0 0\n`).join(''));
  execFileSync('mount', ['--all', '--fstab', mountTable], { stdio: 'inherit' });
};

const done = installGolden(volume, root, bind);
if (done !== undefined) {
  process.stdout.write(`${done.shared} layers shared, ${done.added} of them new, ${done.forgotten} forgotten\n`);
}
