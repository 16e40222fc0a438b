/** While machines come up: whatever makes waiting pointless ends it, with the machine, the unit and its last words. */
import { text } from 'node:stream/consumers';
import { seconds } from '../../../core/base/time.ts';
import { MachineDied, UnitFailed } from '../../../core/errors/devcluster.ts';
import { labels } from '../../../core/topology/labels.ts';
import type { ClusterName } from '../../../core/topology/types.ts';
import type { Clock } from '../../../ports/clock/index.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import type { Machine } from '../shell.ts';
import { journalOf, lastLines, printable, type UnitState, unitsOf } from './machine-units.ts';

/** A boot without trouble is over before the first look at units, which costs a command on every machine. */
const firstLook = seconds(4);
const nextLook = seconds(2);

/** Units without which a machine is none; others may fail without ending an `up`. */
const needed =
  /^(etcd|fleet|skydns|registrator|sshd?|dbus|docker|systemd-journald|devcluster-[\w-]+)\.(service|socket)$/;
/** A unit that fell once more since each of the last looks does not come up by itself. */
const tooOften = 2;

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
    const output = await text(await docker.logs(container, { tail: lastLines }));
    alarm(new MachineDied({ machine: machine.name, exitCode, output: printable(output) }));
  }
}

async function watchUnits({ docker, clock, cluster, machines, alarm }: Guarded, stop: AbortSignal): Promise<void> {
  const falls = new Falls();
  for (let pause = firstLook; ; pause = nextLook) {
    await clock.sleep(pause, stop);
    if (stop.aborted) return;
    for (const machine of machines()) {
      const units = (await unitsOf(docker, machine)).filter(({ unit }) => needed.test(unit));
      const lost = units.find((unit) => unit.active === 'failed' || falls.count(machine, unit) >= tooOften);
      if (lost === undefined || stop.aborted) continue;
      const { unit, restarts } = lost;
      const journal = await journalOf(docker, machine, unit);
      alarm(new UnitFailed({ machine: machine.name, unit, restarts, journal, cluster }));
      return;
    }
  }
}

/** Units that systemd starts again whenever they fall never fail: what shows is that they are started again and again. */
class Falls {
  readonly #seen = new Map<string, { readonly restarts: number; readonly inARow: number }>();

  /** @returns at how many looks in a row it had fallen since the look before */
  count({ container }: Machine, { unit, restarts }: UnitState): number {
    const key = `${container} ${unit}`;
    const before = this.#seen.get(key);
    const inARow = before !== undefined && restarts > before.restarts ? before.inARow + 1 : 0;
    this.#seen.set(key, { restarts, inARow });
    return inARow;
  }
}
