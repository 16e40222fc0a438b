/** How a command tells that it failed: fleet's line, and what to do about it when we know. */
import { OperatingError } from '../../core/errors/define.ts';
import type { Io } from '../../ports/io/index.ts';

/**
 * Prints an operating error behind the words of the command, and a remedy on a line of its own.
 *
 * @returns the exit code 1
 * @throws what is no operating error: a bug is nobody's to explain
 */
export function fail(io: Io, cause: unknown, line: (why: string) => string = (why) => why): 1 {
  if (!(cause instanceof OperatingError)) throw cause;
  io.err(line(cause.message));
  const remedy = remedyOf(cause);
  if (remedy !== undefined) io.err(`Try: ${remedy}`);
  return 1;
}

/** As `fail`, when there is nothing but the line to tell. */
export function refuse(io: Io, line: string): 1 {
  io.err(line);
  return 1;
}

/** The remedy nearest to the trouble: an outer error knows what was tried, an inner one what was wrong. */
export function remedyOf(cause: OperatingError): string | undefined {
  const inner = cause.cause instanceof OperatingError ? remedyOf(cause.cause) : undefined;
  return inner ?? cause.remedy;
}

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
