/** What everything that reaches machines over SSH promises. */
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { OperatingError } from '../../core/errors/define.ts';
import { captureIo } from '../../testing/capture-io.ts';
import type { Ssh, SshAddress } from './index.ts';

/** A machine under test: it prints a command to stdout and its length to stderr, and returns 3; bytes are echoed. */
export interface MachineUnderTest extends AsyncDisposable {
  readonly ssh: Ssh;
  readonly at: SshAddress;
  readonly nowhere: SshAddress;
  /** Something on the machine that echoes. */
  readonly socket: string;
  readonly port: SshAddress;
}

export function sshContract(name: string, make: () => Promise<MachineUnderTest>): void {
  describe(`${name} keeps the promise of SSH`, () => {
    it('runs a command, keeps its outputs apart and returns its exit code', async () => {
      await using machine = await make();
      await using connection = await machine.ssh.connect(machine.at);
      const io = captureIo();
      const code = await connection.run('echo "a b"', { stdout: io.stdout, stderr: io.stderr });
      expect({ code, output: io.output(), errors: io.errors() }).toEqual({
        code: 3,
        output: 'echo "a b"',
        errors: '10',
      });
    });

    it('carries bytes both ways: to a socket, to a port, to a command', async () => {
      await using machine = await make();
      await using connection = await machine.ssh.connect(machine.at);
      const there = [
        await connection.dialUnix(machine.socket),
        await connection.dialTcp(machine.port.host, machine.port.port),
        await connection.dialCommand('cat'),
      ];
      for (const stream of there) expect(await throughAndBack(stream)).toBe('hello');
    });

    it('goes through one machine to another', async () => {
      await using machine = await make();
      await using first = await machine.ssh.connect(machine.at);
      await using second = await machine.ssh.connect(machine.at, first);
      const io = captureIo();
      expect(await second.run('hostname', { stdout: io.stdout, stderr: io.stderr })).toBe(3);
      expect(io.output()).toBe('hostname');
    });

    it('can be let go of more than once, and before or after what goes through it', async () => {
      await using machine = await make();
      const first = await machine.ssh.connect(machine.at);
      const second = await machine.ssh.connect(machine.at, first);
      for (const connection of [second, first, second, first]) await connection[Symbol.asyncDispose]();
    });

    it('says what to do when nobody answers', async () => {
      await using machine = await make();
      const failure = await machine.ssh.connect(machine.nowhere).catch((cause: unknown) => cause);
      expect(failure).toBeInstanceOf(OperatingError);
      expect((failure as OperatingError).remedy).toContain(machine.nowhere.host);
    });
  });
}

async function throughAndBack(stream: Duplex): Promise<string> {
  stream.end('hello');
  return text(stream);
}
