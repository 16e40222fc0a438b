/** How talk may look: on a terminal it may move and have colours, elsewhere it is plain lines. */
import type { Io } from '../../ports/io/index.ts';

export interface Screen {
  /** One line of talk. */
  say(text: string): void;
  /** Replaces what stands on the current line; only when `isLive`. */
  draw(text: string): void;
  readonly isLive: boolean;
  readonly hasColor: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @see https://no-color.org */
export function screenOf(io: Io, environment: Environment): Screen {
  const terminal = io.stderr as Io['stderr'] & { readonly isTTY?: boolean; readonly columns?: number };
  const isLive = terminal.isTTY === true && environment['TERM'] !== 'dumb' && !environment['CI'];
  return {
    say: (text) => io.err(text),
    draw: (text) => void io.stderr.write(`\r\u001b[2K${text.slice(0, (terminal.columns ?? 80) - 1)}`),
    isLive,
    hasColor: isLive && !environment['NO_COLOR'],
  };
}

/** @returns false when there is nobody to ask, or when the answer is not yes */
export async function agrees(io: Io, question: string): Promise<boolean> {
  const terminal = io.stderr as Io['stderr'] & { readonly isTTY?: boolean };
  if (io.terminal === undefined || terminal.isTTY !== true) return false;
  return /^y(es)?$/i.test(((await io.ask(`${question} [y/N] `)) ?? '').trim());
}
