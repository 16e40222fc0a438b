/** What a command talks to a person or a script through: results on one stream, all else on the other. */
import type { Readable, Writable } from 'node:stream';

export interface Io {
  /** Results and nothing else. */
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly stdin: Readable;
  /** Writes a line of results. */
  out(line: string): void;
  /** Writes a line of anything else. */
  err(line: string): void;
  /**
   * Asks on stderr, on the line where the answer will stand.
   *
   * @returns the line that was typed, without its end, or undefined when stdin ended
   */
  ask(question: string): Promise<string | undefined>;
  /** The terminal at stdin; undefined when a file or a pipe is there. */
  readonly terminal: Terminal | undefined;
}

/** In characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface Terminal {
  size(): TerminalSize;
  /** Passes every key on as it is typed, until disposed. */
  raw(): Disposable;
  /** Calls back whenever the size changed, until disposed. */
  resized(callback: () => void): Disposable;
}
