/** Another program in our place: it has our streams and gives us its exit code. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CommandMissing } from '../../core/errors/devcluster.ts';

export interface Spawned {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What to do when there is no such program. */
  readonly remedy: string;
}

/** @returns its exit code, 128 and the signal's number when a signal ended it @throws {CommandMissing} */
export function runInOurPlace({ command, args, environment, remedy }: Spawned): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: environment as NodeJS.ProcessEnv });
    // The terminal sends Ctrl-C to both of us, and the program decides what it means.
    const ignore = (): void => {};
    process.on('SIGINT', ignore);
    const forward = (): void => void child.kill('SIGTERM');
    process.on('SIGTERM', forward);
    const end = (): void => {
      process.off('SIGINT', ignore);
      process.off('SIGTERM', forward);
    };
    child.once('error', (error: NodeJS.ErrnoException) => {
      end();
      reject(error.code === 'ENOENT' ? new CommandMissing({ command, remedy }, { cause: error }) : error);
    });
    child.once('close', (code, signal) => {
      end();
      resolve(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 15));
    });
  });
}
