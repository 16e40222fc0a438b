/** Real programs; the one file that imports execa. */
import { constants } from 'node:os';
import { execa } from 'execa';
import type { Processes } from './index.ts';

export const hostProcesses: Processes = {
  async run({ command, args, environment = {}, said, stop }) {
    const hear = function* (line: unknown) {
      said?.(String(line));
      yield line;
    };
    const { exitCode, signal, stdout, stderr, code } = await execa(command, args, {
      env: { ...environment },
      stdin: 'ignore',
      stdout: hear,
      stderr: hear,
      reject: false,
      ...(stop === undefined ? {} : { cancelSignal: stop }),
    });
    return {
      code: exitCode ?? (code === 'ENOENT' ? 127 : 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 15)),
      out: String(stdout ?? ''),
      err: String(stderr ?? ''),
    };
  },
};
