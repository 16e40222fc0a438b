/** Machines reached over SSH. The promise that `memory.ts` and `ssh2.ts` both keep, proven by `contract.ts`. */
import type { Duplex, Readable, Writable } from 'node:stream';
import type { Terminal } from '../io/index.ts';

export interface Ssh {
  /**
   * Connects and authenticates.
   *
   * @param via goes through another machine, which opens the connection in our place
   * @throws {SshTimedOut}
   * @throws {SshUnreachable}
   * @throws {SshNotAuthenticated}
   * @throws {HostKeyMismatch} the machine's key is not the one that is known
   * @throws {HostNotAuthorised} its key is not known, and nobody said yes to it
   */
  connect(to: SshAddress, via?: SshConnection): Promise<SshConnection>;
}

export interface SshAddress {
  readonly host: string;
  readonly port: number;
}

export interface SshStreams {
  /** Nothing is sent when there is none. */
  readonly stdin?: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** With one, the command gets a terminal of its own there, and keys go to it as they are typed. */
  readonly terminal?: Terminal | undefined;
}

export interface SshSession {
  /** Lets the machine use our agent for connections of its own. */
  readonly forwardAgent?: boolean;
}

/** One connection; disposing closes it and all that goes through it. Every call throws {SshChannelRefused}. */
export interface SshConnection extends AsyncDisposable {
  /**
   * Runs a command line, as a shell there reads it.
   *
   * @returns its exit code, 128 and the signal's number when a signal ended it
   */
  run(command: string, streams: SshStreams, session?: SshSession): Promise<number>;
  /** As `run`, for the user's login shell. */
  shell(streams: SshStreams, session?: SshSession): Promise<number>;
  /** Opens a unix socket of that machine. */
  dialUnix(path: string): Promise<Duplex>;
  /** Opens a port, reached from that machine. */
  dialTcp(host: string, port: number): Promise<Duplex>;
  /** Runs a command whose input and output are a stream of bytes. */
  dialCommand(command: string, session?: SshSession): Promise<Duplex>;
}
