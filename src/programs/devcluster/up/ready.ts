/** From started containers to a cluster that works: each stage is waited for, and shown, by itself. */
import type { Millis } from '../../../core/base/time.ts';
import { UnitFailed, WaitedTooLong } from '../../../core/errors/devcluster.ts';
import { machineId } from '../../../core/topology/names.ts';
import type { PresentMachine } from '../../../core/topology/present.ts';
import type { ClusterSpec } from '../../../core/topology/types.ts';
import type { FleetApi } from '../../../ports/fleet-api/index.ts';
import type { UnitText } from '../cluster-files.ts';
import type { Reporter } from '../reporter.ts';
import type { Desk, Engine } from '../world.ts';
import { untilFleet } from './fleet-waits.ts';
import { journalOf, suspectOf } from './machine-units.ts';
import { until, type Wait } from './patience.ts';
import { type Diagnose, isAsWanted, submitUnits, untilEverywhere, untilSomewhere } from './units.ts';

export interface Readiness {
  readonly desk: Desk;
  readonly engine: Engine;
  readonly wanted: ClusterSpec;
  readonly machines: readonly PresentMachine[];
  readonly limit: Millis;
  readonly stop: AbortSignal;
  readonly reporter: Reporter;
}

const waitFor = ({ desk, limit, stop }: Readiness, what: string): Wait => ({ clock: desk.clock, limit, stop, what });

const idOf = ({ wanted }: Readiness, { index }: PresentMachine) => machineId(wanted.name, index);

/**
 * Whether everything that is waited for below holds already. Trouble of any kind means no: then it is waited for, and said.
 *
 * @param units those of the cluster file
 */
export async function isReady(ready: Readiness, units: readonly UnitText[]): Promise<boolean> {
  const [first] = ready.machines;
  if (first === undefined || ready.machines.some(({ state }) => state !== 'running')) return false;
  const wait = waitFor(ready, 'a look at the cluster');
  const late = new AbortController();
  const timer = ready.desk.clock.sleep(wait.limit, late.signal).then(() => false);
  const looked = look(ready, first, units).catch(() => false);
  const answer = await Promise.race([looked, timer]);
  late.abort();
  return answer;
}

async function look(ready: Readiness, first: PresentMachine, units: readonly UnitText[]): Promise<boolean> {
  const { engine, wanted } = ready;
  const api = await engine.fleet({ container: first.container, id: idOf(ready, first) });
  const [machines, present, states] = await Promise.all([api.machines(), api.units(), api.states()]);
  const listed = new Set(machines.map(({ id }) => id));
  const ids = ready.machines.map((machine) => idOf(ready, machine));
  const own = engine.maker.clusterUnits(wanted.domain);
  const runs = (unit: string, id: string): boolean =>
    states.some((state) => state.unit === unit && state.machine === id && state.active === 'active');
  return (
    ids.every((id) => listed.has(id) && own.every(({ name }) => runs(name, id))) &&
    [...own, ...units].every((unit) => isAsWanted(present, unit))
  );
}

/** A wait that was too long is told with the unit that is most likely to blame, and its last words. */
async function blaming<T>({ engine, machines }: Readiness, units: readonly string[], waiting: Promise<T>): Promise<T> {
  try {
    return await waiting;
  } catch (error) {
    if (!(error instanceof WaitedTooLong)) throw error;
    const suspect = await suspectOf(engine.docker, machines, units).catch(() => undefined);
    throw suspect === undefined ? error : new WaitedTooLong({ ...error.facts, suspect }, { cause: error });
  }
}

/** sshd answers when systemd has brought a machine up far enough for commands to be run in it. */
export const systemdUp = (ready: Readiness): Promise<void> =>
  ready.reporter.step('systemd', async ({ note }) => {
    const up = new Set<string>();
    await Promise.all(
      ready.machines.map(async (machine) => {
        const wait = waitFor(ready, `systemd on ${machine.name}`);
        const answering = until(wait, async () => {
          const answers = await ready.desk.host.sshAnswers(machine.sshPort);
          return answers ? { value: undefined } : { seen: 'its sshd does not answer yet' };
        });
        await blaming({ ...ready, machines: [machine] }, ['ssh.service', 'ssh.socket'], answering);
        up.add(machine.name);
        note([...up].toSorted().join(' '));
      }),
    );
  });

/** fleetd answers only from a quorum. */
export const etcdUp = (ready: Readiness, api: FleetApi): Promise<void> =>
  ready.reporter.step('etcd quorum', async ({ note }) => {
    const wait = waitFor(ready, 'etcd to have a quorum');
    const quorum = untilFleet(wait, api, async () => {
      await api.machines();
      return { value: undefined };
    });
    await blaming(ready, ['etcd.service', 'fleet.service'], quorum);
    const count = ready.machines.length;
    note(count === 1 ? '1 member' : `${count} members`);
  });

export const machinesListed = (ready: Readiness, api: FleetApi): Promise<void> =>
  ready.reporter.step('fleet machines', async ({ note }) => {
    const ids = new Map(ready.machines.map((machine) => [String(idOf(ready, machine)), machine.name]));
    const all = untilFleet(waitFor(ready, 'every machine to be listed by fleet'), api, async () => {
      const listed = new Set((await api.machines()).map(({ id }) => String(id)));
      const missing = [...ids].filter(([id]) => !listed.has(id)).map(([, name]) => name);
      note(`${ids.size - missing.length}/${ids.size}`);
      return missing.length === 0 ? { value: undefined } : { seen: `${missing.join(', ')} missing` };
    });
    await blaming(ready, ['fleet.service', 'etcd.service'], all);
  });

/** The units that every cluster runs, on every machine, and their DNS. @returns those that were not as they should */
export const clusterUnitsUp = (ready: Readiness, api: FleetApi): Promise<readonly string[]> =>
  ready.reporter.step('service names', async ({ note }) => {
    const { engine, wanted, machines } = ready;
    const units = engine.maker.clusterUnits(wanted.domain);
    const { changed } = await submitUnits(waitFor(ready, 'fleet to take skydns and registrator'), api, units, true);
    const names = units.map(({ name }) => name);
    note(names.join(', '));
    const ids = machines.map((machine) => idOf(ready, machine));
    const wait = waitFor(ready, 'skydns and registrator to run on every machine');
    await blaming(ready, names, untilEverywhere(wait, api, names, ids, diagnose(ready)));
    await dnsUp(ready);
    note(`*.${wanted.domain}`);
    return changed;
  });

async function dnsUp(ready: Readiness): Promise<void> {
  const { engine, wanted, machines } = ready;
  await Promise.all(
    machines.map((machine) =>
      until(waitFor(ready, `DNS on ${machine.name}`), async () =>
        (await engine.dnsAnswers(machine, wanted.domain))
          ? { value: undefined }
          : { seen: `no answer about ${wanted.domain}` },
      ),
    ),
  );
}

/** The units of the cluster file. */
export const ownUnitsUp = (ready: Readiness, api: FleetApi, units: readonly UnitText[]) =>
  ready.reporter.step('units', async ({ note }) => {
    const submitted = await submitUnits(
      waitFor(ready, 'fleet to take the units of the cluster file'),
      api,
      units,
      false,
    );
    const started = units.filter(({ target }) => target === 'launched').map(({ name }) => name);
    note(`${units.length} submitted${started.length === 0 ? '' : `, starting ${started.join(', ')}`}`);
    const wait = waitFor(ready, 'the units of the cluster file to run');
    await blaming(ready, started, untilSomewhere(wait, api, started, diagnose(ready)));
    note(`${units.length} submitted, ${started.length} started`);
    return submitted;
  });

const diagnose =
  (ready: Readiness): Diagnose =>
  async ({ unit, machine: id }) => {
    const machine = ready.machines.find((candidate) => idOf(ready, candidate) === id) ?? ready.machines[0];
    const journal = machine === undefined ? '' : await journalOf(ready.engine.docker, machine, unit);
    return new UnitFailed({ machine: machine?.name ?? id, unit, journal, cluster: ready.wanted.name });
  };
