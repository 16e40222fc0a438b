import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArchiveFailed, ProgramsMissing } from '../../../core/errors/machine-image.ts';
import { hostProcesses } from '../../../ports/process/execa.ts';
import type { Processes } from '../../../ports/process/index.ts';
import { architectureOf } from '../image/architecture.ts';
import { deliver, TestPackage } from '../image/fixtures.ts';
import { archiveName, makeArchive } from './tarball.ts';

let own: TestPackage;
let into: string;
beforeEach(() => {
  own = new TestPackage();
  own.write('LICENSE', 'licence');
  own.write('docs/install.md', 'how');
  own.write('images/host/install.sh', '#!/bin/sh\n');
  own.write('images/node/rootfs/usr/bin/fleetd', '#!/bin/sh\n');
  own.write('dist/machine/golden-layers.mjs', 'for machines of clusters');
  into = mkdtempSync(join(tmpdir(), 'devcluster-release-test-'));
});
afterEach(() => {
  own[Symbol.dispose]();
  rmSync(into, { recursive: true });
});

const architecture = architectureOf('x86_64');
/** npm is played, and so is unpacking what it fetched; all else is real. */
const processes: Processes = {
  run: async (run) => {
    if (run.command === 'npm') return { code: 0, out: '', err: '', ...(await deliver(run)) };
    if (run.args[0] !== '-xzf') return hostProcesses.run(run);
    const folder = run.args[3] ?? '';
    execFileSync('sh', ['-c', `mkdir -p ${folder}/package/bin && printf node > ${folder}/package/bin/node`]);
    return { code: 0, out: '', err: '' };
  },
};
const make = (which: Processes = processes) =>
  makeArchive({ processes: which, folder: own.folder, architecture }, into, () => {});

describe('the archive for hosts', () => {
  it('has the programs, the Node that runs them, their units, and how to install them', async () => {
    const archive = await make();
    const files = execFileSync('tar', ['-tzf', archive]).toString().split('\n');
    const name = archiveName(architecture);
    for (const file of [
      'install.sh',
      'README.md',
      'LICENSE',
      'usr/bin/fleetd',
      'usr/lib/systemd/system/fleet.service',
      'opt/devcluster/bin/node',
      'opt/devcluster/lib/fleetd.mjs',
    ]) {
      expect(files).toContain(`${name}/${file}`);
    }
    expect(files.join('\n')).not.toContain('golden');
  });

  it('has the same bytes whenever it is made of the same', async () => {
    const first = readFileSync(await make());
    expect(readFileSync(await make()).equals(first)).toBe(true);
  });

  it('is not made without the programs', async () => {
    rmSync(join(own.folder, 'dist'), { recursive: true });
    await expect(make()).rejects.toBeInstanceOf(ProgramsMissing);
  });

  it('says what tar said when it cannot be written', async () => {
    const full: Processes = {
      run: (run) =>
        run.args.includes('-cf')
          ? Promise.resolve({ code: 2, out: '', err: 'tar: No space left on device' })
          : processes.run(run),
    };
    await expect(make(full)).rejects.toBeInstanceOf(ArchiveFailed);
    await expect(make(full)).rejects.toThrow(/No space left on device/);
  });
});
