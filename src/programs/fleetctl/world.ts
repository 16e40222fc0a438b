/** What commands are handed. `wire.ts` builds the real one, `fixtures.ts` one for tests. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../ports/clock/index.ts';
import type { FleetApi } from '../../ports/fleet-api/index.ts';
import type { Io } from '../../ports/io/index.ts';
import type { Log } from '../../ports/log/index.ts';
import type { SshAddress, SshConnection } from '../../ports/ssh/index.ts';

export interface World extends AsyncDisposable {
  readonly io: Io;
  readonly clock: Clock;
  readonly log: Log;
  readonly fleet: FleetApi;
  readonly files: Files;
  /** Connects to a machine, through the tunnel when there is one. */
  ssh(to: SshAddress): Promise<SshConnection>;
  readonly here: ThisMachine;
  /** Aborts at ^C, which from the first call on is the command's to obey; a second ^C ends the program as ever. */
  interrupted(): AbortSignal;
}

export interface Files {
  /** @returns undefined when there is no such file */
  read(path: string): Promise<string | undefined>;
}

/** The machine that fleetctl itself runs on. */
export interface ThisMachine {
  /** Its id, when it has one. */
  id(): Promise<string | undefined>;
  /** Runs a command with our outputs and without input. @returns its exit code */
  run(command: readonly string[]): Promise<number>;
  dialUnix(path: string): Promise<Duplex>;
}
