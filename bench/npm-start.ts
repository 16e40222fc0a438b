/**
 * `npm start` in a fresh clone with an empty npm cache, by step. From a bare machine, when somebody made it bare: it is not
 * for a benchmark to remove engines and images, so each step tells what it found.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { checkout } from '../test/support/devcluster.ts';
import { inSeconds, type Row } from './table.ts';

const cluster = 'bench-start';
/** ` ✓ 2/7 node image   57.3s   devcluster/node:… built`, in the colourless form that pipes get. */
const stepLine = /^\s*✓ \d+\/\d+ (?<step>.+?)\s{2,}(?<took>\S+(?: \d+s)?)\s{2,}(?<note>.*)$/u;

export async function npmStart(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'devcluster-bench-'));
  const clone = join(folder, 'devcluster');
  const environment = { npm_config_cache: join(folder, 'npm-cache') };
  try {
    await execa('git', ['clone', '--quiet', checkout, clone]);
    const begun = performance.now();
    const running = execa('npm', ['start', '--', '--name', cluster], { cwd: clone, env: environment, stdin: 'ignore' });
    const steps: Row[] = [];
    for await (const line of createInterface({ input: running.stderr })) {
      const { step, took, note } = stepLine.exec(line)?.groups ?? {};
      if (step === undefined) continue;
      steps.push({ what: `${step}: ${note}`, measured: took ?? '', against: '', bar: '' });
    }
    await running;
    const whole = performance.now() - begun;
    const made = { what: '`npm start` in a fresh clone, to the ready cluster; of that', against: '', bar: '4 min' };
    return [{ ...made, measured: inSeconds(whole) }, ...steps];
  } finally {
    await execa('bin/devcluster', ['down', '--name', cluster], { cwd: clone, reject: false });
    await rm(folder, { recursive: true, force: true });
  }
}
