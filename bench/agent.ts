/** What one machine with many units costs: how long they take to start, and what fleetd takes while nothing changes. */
import { type BenchCluster, benchCluster } from './cluster.ts';
import { inSeconds, median, type Row, spread, timed } from './table.ts';

const machine = 'core-01';
const all = 500;
const file = (name: string) => `[Unit]\\nDescription=${name} %%i\\n[Service]\\nExecStart=/usr/bin/sleep infinity\\n`;

export async function agentWithManyUnits(): Promise<Row[]> {
  await using cluster = await benchCluster('bench-agent', 1);
  const rested = await memoryOf(cluster);
  const started = await startMany(cluster);
  await cluster.on(machine, `fleetctl start --block-attempts 0 /root/unit@{1..${all}}.service`);
  return [started, await quietProcessor(cluster), await memory(cluster, rested)];
}

/** One command that starts all of them, turn by turn with `systemctl start` of as many units that lie ready. */
async function startMany(cluster: BenchCluster, runs = 3): Promise<Row> {
  const ours: number[] = [];
  const bare: number[] = [];
  await cluster.on(machine, `printf '${file('unit')}' > /root/unit@.service`);
  await cluster.on(machine, `printf '${file('bare')}' > /run/systemd/system/bare@.service; systemctl daemon-reload`);
  for (let run = 0; run <= runs; run += 1) {
    const start = await timed(() => cluster.on(machine, `fleetctl start /root/unit@{1..${all}}.service`));
    await expectRunning(cluster, 'unit@*');
    await cluster.on(
      machine,
      `fleetctl destroy unit@{1..${all}}.service; until [ -z "$(ls /run/fleet/units | grep ^unit@)" ]; do sleep 0.1; done`,
    );
    const systemctl = await timed(() => cluster.on(machine, `systemctl start bare@{1..${all}}.service`));
    await expectRunning(cluster, 'bare@*');
    await cluster.on(machine, `systemctl stop 'bare@*'`);
    if (run === 0) continue;
    ours.push(start);
    bare.push(systemctl);
  }
  return {
    what: `${all} units started on one machine by one \`fleetctl start\`, to all of them running`,
    measured: spread(ours, inSeconds),
    against: `bare \`systemctl start\` of as many ${spread(bare, inSeconds)}: ${(median(ours) / median(bare)).toFixed(2)} x`,
    bar: '5 s',
  };
}

async function expectRunning(cluster: BenchCluster, pattern: string): Promise<void> {
  const running = await cluster.on(
    machine,
    `systemctl list-units --no-legend --plain --state=running '${pattern}' | wc -l`,
  );
  if (Number(running) !== all) throw new Error(`timed a start that left ${running.trim()} of ${all} units running`);
}

/** After the daemon has come to rest, and given back what the start took. */
async function quietProcessor(cluster: BenchCluster, seconds = 60): Promise<Row> {
  await pause(25);
  const spent = async () =>
    Number(await cluster.on(machine, `awk '{ print ($14 + $15) / 100 }' /proc/$(${processId})/stat`));
  const before = await spent();
  await pause(seconds);
  const share = ((await spent()) - before) / seconds;
  await expectRunning(cluster, 'unit@*');
  return {
    what: `fleetd’s processor use with ${all} units on its machine, of which none changes`,
    measured: `${(share * 100).toFixed(2)} % of a core`,
    against: '',
    bar: '1 % of a core',
  };
}

async function memory(cluster: BenchCluster, rested: number): Promise<Row> {
  return {
    what: `fleetd’s memory with ${all} units on its machine`,
    measured: `${(await memoryOf(cluster)).toFixed(0)} MiB`,
    against: `with none ${rested.toFixed(0)} MiB`,
    bar: '',
  };
}

const processId = 'systemctl show --property MainPID --value fleet.service';
const memoryOf = async (cluster: BenchCluster): Promise<number> =>
  Number(await cluster.on(machine, `awk '/^VmRSS/ { print $2 / 1024 }' /proc/$(${processId})/status`));
const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
