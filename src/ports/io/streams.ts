/** Makes an `Io` of three streams, the process's or a test's. */
import type { Readable, Writable } from 'node:stream';
import type { Io, Terminal } from './index.ts';

export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly terminal?: Terminal | undefined;
}

/** Looks at a stream only when it is used: opening stdin costs time and can keep a process alive. */
export const ioOf = (streams: Streams): Io => ({
  get stdin() {
    return streams.stdin;
  },
  get stdout() {
    return streams.stdout;
  },
  get stderr() {
    return streams.stderr;
  },
  get terminal() {
    return streams.terminal;
  },
  out: (line) => void streams.stdout.write(`${line}\n`),
  err: (line) => void streams.stderr.write(`${line}\n`),
  ask(question) {
    streams.stderr.write(question);
    return readLine(streams.stdin);
  },
});

/** Takes one line and leaves the rest in the stream, for the next question or the program that reads on. */
async function readLine(stdin: Readable): Promise<string | undefined> {
  let read = Buffer.alloc(0);
  for (;;) {
    const chunk: Buffer | string | null = stdin.read();
    if (chunk === null) {
      if (!(await readable(stdin))) return read.length === 0 ? undefined : read.toString();
      continue;
    }
    read = Buffer.concat([read, Buffer.from(chunk)]);
    const end = read.indexOf('\n');
    if (end < 0) continue;
    if (end + 1 < read.length) stdin.unshift(read.subarray(end + 1));
    return read.subarray(0, end).toString().replace(/\r$/, '');
  }
}

/** @returns whether there is something to read; false at the end of the stream */
const readable = (stdin: Readable): Promise<boolean> =>
  new Promise((resolve) => {
    if (stdin.readableEnded || stdin.destroyed) {
      resolve(false);
      return;
    }
    const listeners = {
      readable: () => settle(true),
      end: () => settle(false),
      close: () => settle(false),
      error: () => settle(false),
    };
    const settle = (more: boolean) => {
      for (const [event, listener] of Object.entries(listeners)) stdin.off(event, listener);
      resolve(more);
    };
    for (const [event, listener] of Object.entries(listeners)) stdin.once(event, listener);
  });
