/** Short commands on a machine, through the engine. */
import { text } from 'node:stream/consumers';
import { MachineCommandFailed } from '../../core/errors/devcluster.ts';
import type { PresentMachine } from '../../core/topology/present.ts';
import type { DockerEngine } from '../../ports/docker/index.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export type Machine = Pick<PresentMachine, 'name' | 'container'>;

export async function tryOn(docker: DockerEngine, machine: Machine, command: readonly string[]): Promise<Ran> {
  using run = await docker.exec(machine.container, { command });
  const [out, err, code] = await Promise.all([text(run.stdout), text(run.stderr), run.exitCode]);
  return { code, out, err };
}

/** @returns what it wrote @throws {MachineCommandFailed} */
export async function runOn(docker: DockerEngine, machine: Machine, command: readonly string[]): Promise<string> {
  const { code, out, err } = await tryOn(docker, machine, command);
  if (code === 0) return out;
  const said = (err.trim() || out.trim() || `exit code ${code}`).split('\n').slice(-3).join('\n');
  throw new MachineCommandFailed({ machine: machine.name, command: command.join(' '), said });
}
