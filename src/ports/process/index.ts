/** Other programs of this host, run to their end. `memory.ts` is the twin. */

export interface Run {
  readonly command: string;
  readonly args: readonly string[];
  /** In addition to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Hears every line of both outputs as it is written. */
  readonly said?: (line: string) => void;
  readonly stop?: AbortSignal;
}

export interface Ended {
  /** 127 when there is no such program, 128 and more when a signal ended it. */
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Processes {
  /** Never throws: how it ended is an outcome. */
  run(run: Run): Promise<Ended>;
}
