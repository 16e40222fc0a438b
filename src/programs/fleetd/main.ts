/** fleetd: arguments, signals, exit code. @see fleet.md section 8 */
import { OperatingError } from '../../core/errors/define.ts';
import { parseArguments, usage } from './arguments.ts';
import { version } from './version.ts';

async function main(argv: readonly string[]): Promise<number> {
  const asked = parseArguments(argv);
  switch (asked.kind) {
    case 'version':
      process.stdout.write(`fleetd version ${version}\n`);
      return 0;
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'stray':
      process.stderr.write(
        `${process.argv[1] ?? 'fleetd'} takes no arguments. Did you mean to invoke fleetctl instead?\n${usage}`,
      );
      return 1;
    case 'unknown':
      process.stderr.write(`${asked.problem}\n${usage}`);
      return 2;
    case 'run':
      return run(asked.config);
    default:
      return asked satisfies never;
  }
}

async function run(configPath: string | undefined): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  try {
    // Loaded now, so that asking for the version stays quick.
    const { runDaemon } = await import('./daemon.ts');
    await runDaemon(configPath, stop.signal);
    return 0;
  } catch (cause) {
    if (!(cause instanceof OperatingError)) throw cause;
    process.stderr.write(`FATAL ${cause.message}\n`);
    if (cause.remedy !== undefined) process.stderr.write(`Try: ${cause.remedy}\n`);
    return 1;
  }
}

process.exit(await main(process.argv.slice(2)));
