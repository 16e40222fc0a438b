/**
 * Runs the `machine` project where it belongs: inside a machine, under a real systemd and the machine's own Node. Each
 * of its tests is a test here, so that a failure inside names itself outside.
 */
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { realEngine, realImage } from './real-engine.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** The machine's own Node. */
const inside = '/opt/devcluster/bin/node';
const container = `devcluster-machine-suite-${process.pid}`;

const capabilities = ['SYS_ADMIN', 'NET_ADMIN', 'SYS_PTRACE'].flatMap((name) => ['--cap-add', name]);
const security = ['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined'].flatMap((option) => [
  '--security-opt',
  option,
]);
const scratch = ['/run', '/run/lock', '/tmp:exec'].flatMap((path) => ['--tmpfs', path]);

const docker = (...args: readonly string[]) => execa('docker', args, { env: { DOCKER_HOST: realEngine } });
const within = (...args: readonly string[]) => docker('exec', '--workdir', '/repo', container, ...args);

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

async function runInside(): Promise<Report> {
  await docker(
    'run',
    ...['--detach', '--name', container, '--network', 'none', '--cgroupns', 'private'],
    ...[...capabilities, ...security, ...scratch],
    ...['--volume', `${repository}:/repo:ro`],
    realImage,
  );
  try {
    // Says `degraded` with an exit code when some unit failed that we do not need; either way the start is over.
    await within('systemctl', 'is-system-running', '--wait').catch(() => {});
    return await runSuite();
  } finally {
    await docker('rm', '--force', '--volumes', container);
  }
}

async function runSuite(): Promise<Report> {
  const report = '/tmp/report.json';
  // The checkout is mounted read-only, so nothing may be written beside the configuration.
  const options = ['--root', '/repo', '--configLoader', 'runner', '--project', 'machine'];
  const reporting = ['--reporter', 'json', '--outputFile', report];
  const run = await within(inside, 'node_modules/vitest/vitest.mjs', 'run', ...options, ...reporting).catch(
    (failure) => failure,
  );
  try {
    return JSON.parse((await within('cat', report)).stdout);
  } catch (cause) {
    throw new Error(`the suite inside the machine did not report:\n${run.stdout}\n${run.stderr}`, { cause });
  }
}

describe('inside a machine', async () => {
  const report: Report = await runInside();

  it('runs at least one file of tests', () => {
    expect(report.testResults.length).toBeGreaterThan(0);
  });
  for (const file of report.testResults) {
    if (file.assertionResults.length === 0) it(`${file.name} can be loaded`, () => expect(file.message).toBe(''));
    it.each(file.assertionResults)('$fullName', ({ status, failureMessages }) => {
      expect(failureMessages).toEqual([]);
      expect(status).not.toBe('failed');
    });
  }
});
