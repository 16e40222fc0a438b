/** Machines that a test plays: who answers where, and what a command there prints and returns. */
import { Duplex } from 'node:stream';
import { SshChannelRefused, SshUnreachable } from '../../core/errors/ssh.ts';
import type { Ssh, SshAddress, SshConnection, SshSession, SshStreams } from './index.ts';

/** What a machine does when a command is run: writes to the streams and returns the exit code. */
export type Behaviour = (command: string, streams: SshStreams) => Promise<number> | number;

export interface MemorySsh extends Ssh {
  /** What was asked for, in order: `core-01:22 run systemctl status`; a hop is shown as `tunnel:22 > core-01:22`. */
  readonly asked: readonly string[];
}

/** @param machines what each does, by `host:port`; streams of bytes are echoed by all of them */
export function memorySsh(machines: Readonly<Record<string, Behaviour>>): MemorySsh {
  const asked: string[] = [];
  const places = new WeakMap<SshConnection, string>();

  const open = (address: string, place: string): SshConnection => {
    const behave = machines[address] ?? (() => 0);
    const note = (what: string, session?: SshSession) =>
      void asked.push(`${place} ${what}${session?.forwardAgent ? ' (agent)' : ''}`);
    const connection: SshConnection = {
      async run(command, streams, session) {
        note(`run ${command}`, session);
        return behave(command, streams);
      },
      async shell(streams, session) {
        note('shell', session);
        return behave('', streams);
      },
      async dialUnix(path) {
        note(`unix ${path}`);
        if (!path.startsWith('/')) throw new SshChannelRefused({ what: path, why: 'no such file' });
        return echo();
      },
      async dialTcp(host, port) {
        note(`tcp ${host}:${port}`);
        return echo();
      },
      async dialCommand(command, session) {
        note(`stream ${command}`, session);
        return echo();
      },
      async [Symbol.asyncDispose]() {},
    };
    places.set(connection, place);
    return connection;
  };

  return {
    asked,
    async connect({ host, port }: SshAddress, via) {
      const address = `${host}:${port}`;
      if (!(address in machines)) throw new SshUnreachable({ host: address, why: 'connection refused' });
      return open(address, via === undefined ? address : `${places.get(via)} > ${address}`);
    },
  };
}

const echo = (): Duplex => {
  const stream = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      stream.push(chunk);
      done();
    },
    final(done) {
      stream.push(null);
      done();
    },
  });
  return stream;
};
