/** skydns: arguments, signals, exit code. @see skydns.md section 2 */
import { setFlagsFromString } from 'node:v8';
import { OperatingError } from '../../core/errors/define.ts';
import { type Options, readOptions, usage } from './config.ts';
import { version } from './version.ts';

/** What V8 may not spend memory on; together they are half of what ten thousand records, all asked for, would take. */
const thrift = [
  // It learns from ten thousand records that stay to put every new object of their kind where things stay, those of a
  // question that is answered at once too.
  '--no-allocation-site-pretenuring',
  // Its second compiler takes 8 MB on top of the third's, which does for what every question runs through.
  '--no-maglev',
  // It would let garbage grow to as much as is in use.
  '--heap-growing-percent=20',
];

async function main(argv: readonly string[]): Promise<number> {
  const asked = readOptions(argv, process.env);
  switch (asked.kind) {
    case 'version':
      process.stdout.write(`skydns server version: ${version}\n`);
      return 0;
    case 'help':
      process.stderr.write(usage);
      return 0;
    case 'misused':
      process.stderr.write(`${asked.problem}\n${usage}`);
      return 2;
    case 'run':
      return run(asked.options);
    default:
      return asked satisfies never;
  }
}

async function run(options: Options): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  for (const flag of thrift) setFlagsFromString(flag);
  // Loaded now, so that asking for the version stays quick.
  const [{ wire }, { startDnsServer }] = await Promise.all([import('./wire.ts'), import('./server.ts')]);
  const server = await startDnsServer(await wire(options), stop.signal);
  await server.ended;
  return 0;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (cause) {
  if (!(cause instanceof OperatingError)) throw cause;
  process.stderr.write(`skydns: ${cause.message}\n`);
  if (cause.remedy !== undefined) process.stderr.write(`Try: ${cause.remedy}\n`);
  process.exit(1);
}
