/** The streams of this process. */
import { ReadStream } from 'node:tty';
import type { Io, Terminal } from './index.ts';
import { ioOf } from './streams.ts';

export const processIo = (): Io =>
  ioOf({
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
    get terminal() {
      return process.stdin instanceof ReadStream ? terminalAt(process.stdin) : undefined;
    },
  });

const terminalAt = (stdin: ReadStream): Terminal => ({
  size: () => ({ columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 }),
  raw() {
    stdin.setRawMode(true);
    return { [Symbol.dispose]: () => void stdin.setRawMode(false) };
  },
  resized(callback) {
    process.on('SIGWINCH', callback);
    return { [Symbol.dispose]: () => void process.off('SIGWINCH', callback) };
  },
});
