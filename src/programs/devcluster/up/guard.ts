/** While machines come up: whatever makes waiting pointless ends it, with the machine, the unit and its last words. */
import { text } from 'node:stream/consumers';
import { seconds } from '../../../core/base/time.ts';
import { MachineDied, UnitFailed } from '../../../core/errors/devcluster.ts';
import { labels } from '../../../core/topology/labels.ts';
import type { ClusterName } from '../../../core/topology/types.ts';
import type { Clock } from '../../../ports/clock/index.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { type Machine, tryOn } from '../shell.ts';

/** A boot without trouble is over before the first look at units, which costs a command on every machine. */
const firstLook = seconds(4);
const nextLook = seconds(2);
const journalLines = 20;

/** Units without which a machine is none; others may fail without ending an `up`. */
const needed = /^(etcd|fleet|sshd?|dbus|docker|systemd-journald|devcluster-[\w-]+)\.(service|socket)$/;

export interface Guarded {
  readonly docker: DockerEngine;
  readonly clock: Clock;
  readonly cluster: ClusterName;
  /** Those to look at. */
  readonly machines: () => readonly Machine[];
  /** Told once. */
  readonly alarm: (error: Error) => void;
}

/** Watches from when this resolves until it is disposed. */
export async function guard(guarded: Guarded): Promise<Disposable> {
  const done = new AbortController();
  const events = await guarded.docker.events({ [labels.cluster]: guarded.cluster }, done.signal);
  watchDeaths(guarded, events).catch(() => {});
  watchUnits(guarded, done.signal).catch(() => {});
  return { [Symbol.dispose]: () => done.abort() };
}

async function watchDeaths(
  { docker, machines, alarm }: Guarded,
  events: Awaited<ReturnType<DockerEngine['events']>>,
): Promise<void> {
  for await (const { kind, container, exitCode = 0 } of events) {
    const machine = kind === 'die' ? machines().find((candidate) => candidate.container === container) : undefined;
    if (machine === undefined) continue;
    const output = await text(await docker.logs(container, { tail: journalLines }));
    alarm(new MachineDied({ machine: machine.name, exitCode, output: printable(output) }));
  }
}

async function watchUnits({ docker, clock, cluster, machines, alarm }: Guarded, stop: AbortSignal): Promise<void> {
  for (let pause = firstLook; ; pause = nextLook) {
    await clock.sleep(pause, stop);
    if (stop.aborted) return;
    for (const machine of machines()) {
      const unit = (await failedUnits(docker, machine)).find((name) => needed.test(name));
      if (unit === undefined || stop.aborted) continue;
      const journal = await journalOf(docker, machine, unit);
      alarm(new UnitFailed({ machine: machine.name, unit, journal, cluster }));
      return;
    }
  }
}

async function failedUnits(docker: DockerEngine, machine: Machine): Promise<readonly string[]> {
  const list = await tryOn(docker, machine, ['systemctl', 'list-units', '--failed', '--plain', '--no-legend']);
  return list.out.split('\n').flatMap((line) => line.trim().split(/\s+/)[0] || []);
}

/** The last lines of one unit on one machine. */
export async function journalOf(docker: DockerEngine, machine: Machine, unit: string): Promise<string> {
  // A socket fails when its service keeps falling, and the service knows why.
  const service = unit.replace(/\.socket$/, '.service');
  const command = ['journalctl', '-u', service, '-n', String(journalLines), '--no-pager', '-o', 'short-precise'];
  const { out, err } = await tryOn(docker, machine, command);
  return printable(out || err);
}

/** Without the colours and carriage returns that a console has. */
const printable = (output: string): string =>
  output
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
    .replace(/\u001b\[[0-9;?]*[A-Za-z]|\r/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-journalLines)
    .map((line) => `  ${line}`)
    .join('\n');
