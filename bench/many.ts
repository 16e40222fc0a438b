/**
 * A hundred machines and a thousand units against one real etcd of three members: the daemon's own loops with a systemd in
 * memory, in a few processes beside the etcd on the same cores.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ms, seconds } from '../src/core/base/time.ts';
import { parseUnitFile } from '../src/core/unit/file.ts';
import type { UnitName } from '../src/core/unit/types.ts';
import { systemClock } from '../src/ports/clock/system.ts';
import { openEtcd } from '../src/ports/etcd/etcd3.ts';
import { consoleLog } from '../src/ports/log/console.ts';
import { registryOn } from '../src/ports/registry/etcd.ts';
import type { Registry } from '../src/ports/registry/index.ts';
import { type EtcdServers, startEtcd } from '../src/testing/etcd-server.ts';
import { devcluster, well } from '../test/support/devcluster.ts';
import { engineHost } from './cluster.ts';
import type { Report } from './many-agents.ts';
import { inMilliseconds, inSeconds, type Row, spread, timed } from './table.ts';

const processes = 2;
const apiPort = 49_153;
const lookAgainAfter = ms(20);
const unitsPerMachine = 10;
const program = fileURLToPath(new URL('./many-agents.mjs', import.meta.url));
const file = parseUnitFile('[Service]\nExecStart=/bin/sleep infinity\n');
const clock = systemClock();

type Snapshot = Awaited<ReturnType<Registry['read']>>;

/** A cluster of simulated machines on a fresh etcd. */
class Crowd implements AsyncDisposable {
  readonly registry: Registry;
  readonly etcd: EtcdServers;
  readonly #children: readonly ChildProcess[];

  private constructor(etcd: EtcdServers, registry: Registry, children: readonly ChildProcess[]) {
    this.etcd = etcd;
    this.registry = registry;
    this.#children = children;
  }

  static async of(machines: number): Promise<Crowd> {
    const { reference: image } = JSON.parse(await well(devcluster(['image', 'build', '--yes', '-o', 'json'])));
    const etcd = await startEtcd(3, { place: { engine: await engineHost(), image } });
    const registry = registryOn({
      etcd: await openEtcd({ clock, endpoints: etcd.endpoints }),
      clock,
      log: consoleLog({ verbosity: () => 0 }),
    });
    const each = machines / processes;
    const children = Array.from({ length: processes }, (_, n) =>
      fork(program, [
        ...[etcd.endpoints.join(','), String(n * each), String(each)],
        ...(n === 0 ? [etcd.hostAddress, String(apiPort)] : []),
      ]),
    );
    const crowd = new Crowd(etcd, registry, children);
    await crowd.until(({ machines: joined }) => joined.length === machines);
    return crowd;
  }

  /** All processes together. */
  async report(): Promise<Report> {
    const reports = await Promise.all(
      this.#children.map(async (child) => {
        const told = once(child, 'message');
        child.send('report');
        return (await told)[0] as Report;
      }),
    );
    const sum = (of: keyof Report) => reports.reduce((total, report) => total + report[of], 0);
    return { cpuMs: sum('cpuMs'), requests: sum('requests'), heard: sum('heard'), residentMiB: sum('residentMiB') };
  }

  async until(holds: (cluster: Snapshot) => boolean): Promise<void> {
    const stop = new AbortController();
    for await (const _change of this.registry.changes(stop.signal)) {
      if (holds(await this.registry.read())) break;
      await clock.sleep(lookAgainAfter);
    }
    stop.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry[Symbol.asyncDispose]();
    for (const child of this.#children) child.kill('SIGKILL');
    await this.etcd[Symbol.asyncDispose]();
  }
}

const unitName = (n: number): UnitName => `many-${n}.service` as UnitName;

export async function manyMachines(): Promise<Row[]> {
  const few = await (async () => {
    await using crowd = await Crowd.of(10);
    await place(crowd, 10 * unitsPerMachine);
    return await perChange(crowd);
  })();
  await using crowd = await Crowd.of(100);
  const units = 100 * unitsPerMachine;
  const placing = await timed(() => place(crowd, units));
  const many = await perChange(crowd);
  const listing = await listUnits(crowd, units);
  const { share, residentMiB } = await steady(crowd);
  const each = ({ requests, heard }: Pick<Report, 'requests' | 'heard'>) =>
    `${requests.toFixed(1)} requests and ${heard.toFixed(1)} keys heard of`;
  return [
    {
      what: '1,000 units submitted at once to 100 machines, to all of them running',
      measured: inSeconds(placing),
      against: `100 fleetds in ${processes} processes, ${residentMiB.toFixed(0)} MiB, and 3 etcd members on the same cores`,
      bar: '10 s',
    },
    {
      what: 'one change in a cluster of 100 machines and 1,000 units: what all machines together ask of etcd and hear from it',
      measured: each(many),
      against: `10 machines and 100 units: ${each(few)}`,
      bar: 'flat',
    },
    {
      what: '100 machines and 1,000 units with nothing to do, all agents together',
      measured: `${share.toFixed(2)} % of a core`,
      against: '',
      bar: '2 % of a core',
    },
    {
      what: '`fleetctl list-units` with 1,000 units, the whole process',
      measured: spread(listing, inMilliseconds),
      against: '',
      bar: '150 ms',
    },
  ];
}

async function place(crowd: Crowd, units: number): Promise<void> {
  const names = Array.from({ length: units }, (_, n) => unitName(n));
  await Promise.all(names.map((name) => crowd.registry.putUnit(name, file, 'launched')));
  await crowd.until(({ states }) => states.filter(({ active }) => active === 'active').length === units);
}

/** Units are stopped one after the other; all traffic that this leads to, of all machines, divided by their number. */
async function perChange(crowd: Crowd, changes = 40): Promise<Pick<Report, 'requests' | 'heard'>> {
  await clock.sleep(seconds(2));
  const before = await crowd.report();
  for (let n = 0; n < changes; n += 1) {
    const unit = unitName(n);
    await crowd.registry.setTarget(unit, 'loaded');
    await crowd.until(({ states }) => states.some((state) => state.unit === unit && state.active === 'inactive'));
  }
  await clock.sleep(seconds(1));
  const after = await crowd.report();
  return {
    requests: (after.requests - before.requests) / changes,
    heard: (after.heard - before.heard) / changes,
  };
}

async function steady(crowd: Crowd, lasting = seconds(60)): Promise<{ share: number; residentMiB: number }> {
  // The API was asked a moment ago, and keeps its watch for a minute.
  await clock.sleep(seconds(65));
  const before = await crowd.report();
  await clock.sleep(lasting);
  const after = await crowd.report();
  return { share: ((after.cpuMs - before.cpuMs) / lasting) * 100, residentMiB: after.residentMiB };
}

/** Run where a machine would run it, by the machine's own Node, against the API of one of the machines. */
async function listUnits(crowd: Crowd, units: number, runs = 15): Promise<number[]> {
  const [member] = crowd.etcd.members;
  const endpoint = `http://${crowd.etcd.hostAddress}:${apiPort}`;
  const durations: number[] = [];
  for (let run = 0; run <= runs; run += 1) {
    const line = `begun=$(date +%s%N); fleetctl --endpoint ${endpoint} list-units --no-legend > /tmp/units; ended=$(date +%s%N); wc -l < /tmp/units; echo $((ended - begun))`;
    const [lines, nanoseconds] = ((await member?.run('bash', '-c', line)) ?? '').split('\n').map(Number);
    if (lines !== units) throw new Error(`timed a list of ${lines} of ${units} units`);
    if (run > 0) durations.push((nanoseconds ?? 0) / 1e6);
  }
  return durations;
}
