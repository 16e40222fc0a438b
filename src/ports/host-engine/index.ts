/** This host as a place where Docker engines are found, and where one can be started. `memory.ts` is the twin. */
import type { Millis } from '../../core/base/time.ts';

/** What came of knocking at an address. */
export type Knock =
  | { readonly kind: 'answers' }
  /** Nothing there. */
  | { readonly kind: 'absent' }
  /** Something is there that this user may not talk to. */
  | { readonly kind: 'forbidden' }
  | { readonly kind: 'silent'; readonly reason: string };

/** A program that goes on when we end. */
export interface Daemon {
  readonly command: string;
  readonly args: readonly string[];
  /** Takes its output; made when missing, with its folder. */
  readonly log: string;
}

export interface StartedDaemon {
  /** Resolves when it has ended, with the reason in words. */
  readonly ended: Promise<string>;
}

export interface EngineHost {
  readonly platform: string;
  readonly isRoot: boolean;
  /** As Node spells it: `x64`, `arm64`. */
  readonly architecture: string;
  /** @returns undefined when it is missing or not ours to read */
  readText(path: string): Promise<string | undefined>;
  /** On the file system of a path, for this user; undefined when the path is missing. */
  freeBytes(path: string): Promise<number | undefined>;
  /** @param host a DOCKER_HOST value */
  knock(host: string): Promise<Knock>;
  /** Whether a program of this name can be run. */
  hasProgram(name: string): Promise<boolean>;
  /** @returns once it runs, which does not mean that it works */
  startDaemon(daemon: Daemon): Promise<StartedDaemon>;
  isRunning(pid: number): Promise<boolean>;
  /** Asks it to end. */
  terminate(pid: number): void;
  sleep(duration: Millis): Promise<void>;
}
