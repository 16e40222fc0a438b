/** registrator: arguments, signals, exit code. @see registrator.md section 1 */
import { OperatingError } from '../../core/errors/define.ts';
import { type CommandLine, readCommandLine, usage } from './config.ts';
import { version } from './version.ts';

async function main(argv: readonly string[]): Promise<number> {
  const asked = readCommandLine(argv);
  switch (asked.kind) {
    case 'version':
      process.stdout.write(`${version}\n`);
      return 0;
    case 'help':
      process.stderr.write(usage);
      return 0;
    case 'misused':
      process.stderr.write(`${asked.problem}\n\n${usage}`);
      return 2;
    case 'run':
      return run(asked);
    default:
      return asked satisfies never;
  }
}

async function run({ options, uri, backend }: CommandLine & { kind: 'run' }): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  // Loaded now, so that asking for the version stays quick.
  const [{ wire }, { runRegistrator }] = await Promise.all([import('./wire.ts'), import('./run.ts')]);
  const world = await wire(options, backend, process.env);
  world.log.info(`Starting registrator ${version} ...`);
  await runRegistrator(world, options, uri, backend, stop.signal);
  return 0;
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (cause) {
  if (!(cause instanceof OperatingError)) throw cause;
  process.stderr.write(`registrator: ${cause.message}\n`);
  if (cause.remedy !== undefined) process.stderr.write(`Try: ${cause.remedy}\n`);
  process.exit(1);
}
