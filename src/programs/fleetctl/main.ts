/** fleetctl: argv, streams, exit code. */
import { processIo } from '../../ports/io/process.ts';
import { fleetctl } from './run.ts';
import { wire } from './wire.ts';

const io = processIo();

// Node tells programmers on stderr what to change in packages; who runs us can change nothing there.
process.noDeprecation = true;

// A reader that has seen enough, as `head` has, is no trouble of ours.
process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  if (cause.code === 'EPIPE') process.exit(0);
  throw cause;
});

const code = await fleetctl({
  argv: process.argv.slice(2),
  env: process.env,
  io,
  wire: (globals, offline) => wire({ globals, offline, io, env: process.env }),
});

// What is still on its way through a pipe would be lost by leaving at once.
process.stdout.write('', () => process.exit(code));
