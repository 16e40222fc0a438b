/** `devcluster doctor`: looks at everything that clusters lean on, and says what to do about what is wrong. */
import { OperatingError } from '../../../core/errors/define.ts';
import { diagnose, type Finding } from '../doctor/checks.ts';
import { readDoctorFacts } from '../doctor/facts.ts';
import type { Desk } from '../world.ts';
import { openEngine, printJson } from './command.ts';

export interface DoctorOptions {
  readonly output?: 'text' | 'json';
}

/** @returns 1 when something keeps clusters from coming up */
export async function doctor(desk: Desk, { output }: DoctorOptions): Promise<number> {
  const findings = await examine(desk);
  if (output === 'json') desk.io.out(printJson({ schema: 1, findings }));
  else for (const finding of findings) desk.io.out(printFinding(finding));
  return findings.some(({ status }) => status === 'fail') ? 1 : 0;
}

async function examine(desk: Desk): Promise<readonly Finding[]> {
  try {
    const engine = await openEngine(desk);
    return diagnose(await readDoctorFacts({ engines: desk.engines.host, host: desk.host }, engine));
  } catch (error) {
    // Without an engine there is nothing more to look at, and that is a finding like any other.
    if (!(error instanceof OperatingError)) throw error;
    const { code: reason, message: found, remedy: fix } = error;
    return [{ check: 'engine', status: 'fail', reason, found, ...(fix === undefined ? {} : { fix }) }];
  }
}

const marks = { ok: '✓', warn: '!', fail: '✗' } as const;

function printFinding({ check, status, reason, found, fix }: Finding): string {
  const line = ` ${marks[status]} ${check.padEnd(16)} ${found}`;
  if (reason === undefined) return line;
  return [`${line} [${reason}]`, ...(fix === undefined ? [] : [`   ${''.padEnd(16)} Fix: ${fix}`])].join('\n');
}
