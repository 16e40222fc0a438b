/** The engine's one stream of framed output, split into the command's two. */
import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';

const headerLength = 8;

export interface Outputs {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** When the engine has said everything, read or not. */
  readonly ended: Promise<void>;
}

/** Without a terminal every frame says which output it is of. @see Docker Engine API, "Stream format" of attach */
export function split(framed: Readable): Outputs {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const outputs = [stdout, stderr];
  const ended = deliver(framed, { stdout, stderr });
  ended.then(
    () => outputs.map((output) => output.end()),
    (error: Error) => outputs.map((output) => output.destroy(error)),
  );
  return { stdout, stderr, ended };
}

async function deliver(framed: Readable, to: { readonly stdout: PassThrough; readonly stderr: PassThrough }) {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of framed as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= headerLength) {
      const end = headerLength + rest.readUInt32BE(4);
      if (rest.length < end) break;
      const output = rest[0] === 2 ? to.stderr : to.stdout;
      // A reader that is slow slows the engine down, instead of filling our memory.
      if (!output.write(rest.subarray(headerLength, end)) && !output.destroyed) await once(output, 'drain');
      rest = rest.subarray(end);
    }
  }
}
