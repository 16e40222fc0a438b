/** Runs a command on a machine of the cluster: here when this is that machine, over SSH otherwise. @see fleet.md 7.5 */
import type { ApiMachine } from '../../core/api/entities.ts';
import { OperatingError } from '../../core/errors/define.ts';
import type { MachineId } from '../../core/machine/types.ts';
import type { SshStreams } from '../../ports/ssh/index.ts';
import { fail, refuse } from './failing.ts';
import type { World } from './world.ts';

/** What an exit code says when the way to the command failed, as ssh(1) has it. */
const noWay = 255;

/** @returns the command's exit code */
export async function runCommand(
  world: World,
  machine: MachineId | undefined,
  command: readonly string[],
  port: number,
): Promise<number> {
  if (machine !== undefined && machine === (await world.here.id())) return world.here.run(command);
  const found = machine === undefined ? undefined : await lookUp(world, machine);
  if (found === undefined || found.publicIp === '') return refuse(world.io, 'Error getting machine IP: <nil>');
  try {
    await using connection = await world.ssh({ host: found.publicIp, port });
    return await connection.run(printCommand(command), outputs(world));
  } catch (cause) {
    fail(world.io, cause, (why) => `Unable to SSH to remote host: ${why}`);
    return noWay;
  }
}

async function lookUp({ fleet, log }: World, id: MachineId): Promise<ApiMachine | undefined> {
  try {
    return (await fleet.machines()).find((machine) => machine.id === id);
  } catch (cause) {
    if (!(cause instanceof OperatingError)) throw cause;
    log.error(`Unable to look up machine ${id}: ${cause.message}`);
    return undefined;
  }
}

/** Keys are passed on only from a terminal, so that a script's input is left to the script. */
const outputs = ({ io }: World): SshStreams =>
  io.terminal === undefined
    ? { stdout: io.stdout, stderr: io.stderr }
    : { stdin: io.stdin, stdout: io.stdout, stderr: io.stderr, terminal: io.terminal };

/** The command as a shell reads it; every word but the first is quoted, as fleet does it. */
const printCommand = ([program = '', ...args]: readonly string[]): string =>
  [program, ...args.map((arg) => JSON.stringify(arg))].join(' ');
