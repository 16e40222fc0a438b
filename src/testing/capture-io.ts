/** Streams that a test writes and reads: what a command printed, and what a person would answer. */
import { Readable, Writable } from 'node:stream';
import type { Io } from '../ports/io/index.ts';
import { ioOf } from '../ports/io/streams.ts';

export interface CapturedIo extends Io {
  /** Everything written to stdout so far. */
  output(): string;
  /** Everything written to stderr so far. */
  errors(): string;
}

/** @param answers what stands in stdin, which ends after it: one line for each question */
export function captureIo(answers = ''): CapturedIo {
  const [stdout, stderr] = [collector(), collector()];
  const io = ioOf({ stdin: Readable.from([Buffer.from(answers)], { objectMode: false }), stdout, stderr });
  return Object.assign(io, { output: stdout.text, errors: stderr.text });
}

function collector(): Writable & { readonly text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(chunks).toString() });
}
