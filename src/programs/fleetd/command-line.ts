/** fleetd from its arguments to its exit code. @see fleet.md 8.1, 8.6 */
import { OperatingError } from '../../core/errors/define.ts';
import { parseArguments, usage } from './arguments.ts';
import { version } from './version.ts';

export interface Streams {
  out(text: string): void;
  err(text: string): void;
}

/**
 * @param daemon runs with the config file that was asked for, until it has ended as it should
 * @returns the exit code: 0, 1 for what keeps it from running, 2 for arguments that mean nothing
 */
export async function runCommandLine(
  argv: readonly string[],
  { out, err }: Streams,
  daemon: (config: string | undefined) => Promise<void>,
): Promise<number> {
  const asked = parseArguments(argv);
  switch (asked.kind) {
    case 'version':
      out(`fleetd version ${version}\n`);
      return 0;
    case 'help':
      out(usage);
      return 0;
    case 'stray':
      err(`fleetd takes no arguments. Did you mean to invoke fleetctl instead?\n${usage}`);
      return 1;
    case 'unknown':
      err(`${asked.problem}\n${usage}`);
      return 2;
    case 'run':
      try {
        await daemon(asked.config);
        return 0;
      } catch (cause) {
        if (!(cause instanceof OperatingError)) throw cause;
        err(`FATAL ${cause.message}\n`);
        if (cause.remedy !== undefined) err(`Try: ${cause.remedy}\n`);
        return 1;
      }
    default:
      return asked satisfies never;
  }
}
