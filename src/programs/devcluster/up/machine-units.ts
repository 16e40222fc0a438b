/** The units of a machine, as its systemd and its journal tell of them. */
import type { Suspect } from '../../../core/errors/devcluster.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { type Machine, tryOn } from '../shell.ts';

/** As much of a journal or a console as is shown. */
export const lastLines = 20;

/** In systemd's words. */
export interface UnitState {
  readonly unit: string;
  readonly active: string;
  readonly sub: string;
  readonly restarts: number;
}

export async function unitsOf(
  docker: DockerEngine,
  machine: Machine,
  which: readonly string[] = ['*.service', '*.socket'],
): Promise<readonly UnitState[]> {
  const properties = '--property=Id,LoadState,ActiveState,SubState,NRestarts';
  const { out } = await tryOn(docker, machine, ['systemctl', 'show', properties, ...which]);
  return out
    .split(/\n\n+/)
    .map((block) => new Map(block.split('\n').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)])))
    .filter((facts) => facts.get('LoadState') === 'loaded')
    .map((facts) => ({
      unit: facts.get('Id') ?? '',
      active: facts.get('ActiveState') ?? '',
      sub: facts.get('SubState') ?? '',
      restarts: Number(facts.get('NRestarts') ?? 0),
    }));
}

/** Of these units on these machines the one that is not active, or that fell most often; in doubt the first. */
export async function suspectOf(
  docker: DockerEngine,
  machines: readonly Machine[],
  which: readonly string[],
): Promise<Suspect | undefined> {
  const all = await Promise.all(
    machines.map(async (machine) => (await unitsOf(docker, machine, which)).map((state) => ({ machine, ...state }))),
  );
  const doubt = ({ active, restarts }: UnitState): number => (active === 'active' ? 0 : 1e6) + restarts;
  const [most] = all.flat().toSorted((a, b) => doubt(b) - doubt(a));
  if (most === undefined) return undefined;
  const { machine, unit, active, sub, restarts } = most;
  const journal = await journalOf(docker, machine, unit);
  return { machine: machine.name, unit, state: `${active} (${sub})`, restarts, journal };
}

/** The last lines of one unit on one machine. */
export async function journalOf(docker: DockerEngine, machine: Machine, unit: string): Promise<string> {
  // A socket fails when its service keeps falling, and the service knows why.
  const service = unit.replace(/\.socket$/, '.service');
  const command = ['journalctl', '-u', service, '-n', String(lastLines), '--no-pager', '-o', 'short-precise'];
  const { out, err } = await tryOn(docker, machine, command);
  return printable(out || err);
}

/** Without the colours and carriage returns that a console has. */
export const printable = (output: string): string =>
  output
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
    .replace(/\u001b\[[0-9;?]*[A-Za-z]|\r/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-lastLines)
    .map((line) => `  ${line}`)
    .join('\n');
