/** Runs a program of this machine with our outputs and no input. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';

/** @returns its exit code; 128 and the number of the signal that ended it; 127 when there is no such program */
export async function runAttached(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  // An interrupt from the terminal reaches both of us: ours is to wait for what the program makes of it.
  const wait = () => {};
  process.on('SIGINT', wait);
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
      process.stderr.write(`${program}: command not found\n`);
      return 127;
    }
    throw cause;
  } finally {
    process.off('SIGINT', wait);
  }
}
