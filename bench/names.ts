/**
 * What names cost: our server against dnsmasq on the same names, asked by dnsperf over the loopback of one machine, turn
 * by turn; with few records and with many; and the memory of the many.
 */
import { fileURLToPath } from 'node:url';
import { dockerClient } from '../src/ports/docker/client.ts';
import { DockerodeImages } from '../src/ports/docker/images-dockerode.ts';
import skydnsUnit from '../src/programs/skydns/systemd/skydns.service';
import { devcluster, well } from '../test/support/devcluster.ts';
import { engineHost, runOn } from './cluster.ts';
import { median, type Row, spread } from './table.ts';

const few = 10;
const many = 10_000;
const domain = 'cluster.test';

interface Server {
  readonly name: string;
  readonly port: number;
  readonly records: number;
}

const servers: readonly Server[] = [
  { name: 'skydns', port: 5301, records: few },
  { name: 'skydns', port: 5302, records: many },
  { name: 'dnsmasq', port: 5303, records: few },
  { name: 'dnsmasq', port: 5304, records: many },
];
const [oursFew, oursMany, theirsFew, theirsMany] = servers as unknown as [Server, Server, Server, Server];

export async function names(rounds = 5, seconds = 3): Promise<Row[]> {
  await using machine = await aMachine();
  await fill(machine);
  for (const server of servers) await start(machine, server);
  // Every name once: from here on all of them are remembered.
  for (const server of servers) await ask(machine, server, `-l ${seconds}`);

  const rates = new Map<Server, number[]>(servers.map((server) => [server, []]));
  for (let round = 0; round < rounds; round++)
    for (const server of servers) rates.get(server)?.push((await ask(machine, server, `-l ${seconds}`)).rate);
  const rateOf = (server: Server) => rates.get(server) ?? [];

  // Half of what was possible a moment before: what else the host does comes and goes.
  const halves: number[] = [];
  const late = new Map<Server, number[]>([oursMany, theirsMany].map((server) => [server, []]));
  for (let round = 0; round < rounds; round++) {
    const half = Math.round((await ask(machine, oursMany, `-l ${seconds}`)).rate / 2);
    halves.push(half);
    for (const [server, times] of late)
      times.push((await ask(machine, server, `-l ${seconds} -Q ${half} -O latency-histogram`)).p99);
  }
  const inTime = (server: Server) => spread(late.get(server) ?? [], (milliseconds) => `${milliseconds.toFixed(1)} ms`);

  const against = (one: Server, other: Server) => {
    const ratio = median(rateOf(one)) / median(rateOf(other));
    return `${other.name}, ${other.records} records, ${spread(rateOf(other), perSecond)}: ${ratio.toFixed(2)} x`;
  };
  const memory = await Promise.all([oursFew, oursMany].map((server) => residentOf(machine, server)));
  return [
    {
      what: `names answered by skydns, ${few} records, each asked for`,
      measured: spread(rateOf(oursFew), perSecond),
      against: against(oursFew, theirsFew),
      bar: '0.5 x',
    },
    {
      what: `names answered by skydns, ${many} records, each asked for`,
      measured: spread(rateOf(oursMany), perSecond),
      against: against(oursMany, theirsMany),
      bar: '0.5 x',
    },
    {
      what: `the same, ${many} records against ${few}`,
      measured: `${(median(rateOf(oursMany)) / median(rateOf(oursFew))).toFixed(2)} x`,
      against: `dnsmasq: ${(median(rateOf(theirsMany)) / median(rateOf(theirsFew))).toFixed(2)} x`,
      bar: '0.9 x',
    },
    {
      what: `99th percentile of an answer at half of the rate just measured, ${perSecond(median(halves))}, ${many} records`,
      measured: inTime(oursMany),
      against: `dnsmasq at the same rate: ${inTime(theirsMany)}`,
      bar: '5 ms',
    },
    {
      what: `memory of skydns that was asked for each of ${many} records, resident`,
      measured: mebibytes(memory[1] ?? 0),
      against: `${few} records: ${mebibytes(memory[0] ?? 0)}`,
      bar: '100 MiB',
    },
  ];
}

const perSecond = (rate: number): string => `${Math.round(rate / 100) / 10}k/s`;
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

interface Machine extends AsyncDisposable {
  /** Runs a shell line and returns what it printed; a failing line throws. */
  run(line: string): Promise<string>;
}

/** A machine of the image, without its systemd: nothing runs on it but what is measured, on a loopback of its own. */
async function aMachine(): Promise<Machine> {
  const { reference: base } = JSON.parse(await well(devcluster(['image', 'build', '--yes', '-o', 'json']))) as {
    readonly reference: string;
  };
  const host = await engineHost();
  const docker = dockerClient(host);
  const reference = `devcluster/bench-names:${base.split(':').at(-1)}`;
  // Bundled, this file stands in dist/bench.
  const folder = fileURLToPath(new URL('../../bench/names', import.meta.url));
  await new DockerodeImages(docker, host).build({ folder, reference, arguments: { BASE: base }, labels: {} }, () => {});
  const container = await docker.createContainer({
    Image: reference,
    Entrypoint: ['sleep', 'infinity'],
    HostConfig: { NetworkMode: 'none', Tmpfs: { '/tmp': 'exec' } },
  });
  const machine: Machine = {
    run: (line) => runOn(docker, container.id, line),
    [Symbol.asyncDispose]: async () => {
      await container.remove({ force: true, v: true });
    },
  };
  try {
    await container.start();
    return machine;
  } catch (error) {
    await machine[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a program that goes on after the line that started it. */
const inBackground = (command: string, log: string): string => `setsid ${command} >/tmp/${log} 2>&1 & sleep 0.1`;

/** Records in etcd, a prefix for each size; the same names for dnsmasq; questions in no order. */
async function fill(machine: Machine): Promise<void> {
  const urls = '--listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379';
  await machine.run(inBackground(`etcd --data-dir /tmp/etcd --unsafe-no-fsync --log-level error ${urls}`, 'etcd.log'));
  await machine.run('until etcdctl endpoint health >/dev/null 2>&1; do sleep 0.1; done');
  for (const records of [few, many]) {
    const put = (n: number) =>
      `put /${prefixFor(records)}/test/cluster/s${n}/i1 ${JSON.stringify(`{"host":"${addressOf(n)}","port":80}`)}`;
    // The command cuts what stands in single quotes; its own words between empty lines: conditions (none), what to do, what else to do.
    const batches = Array.from({ length: Math.ceil(records / 100) }, (_, batch) =>
      Array.from({ length: Math.min(100, records) }, (_, at) => put(batch * 100 + at)).join('\n'),
    );
    for (let at = 0; at < batches.length; at += 10) {
      const lines = batches.slice(at, at + 10).map((batch) => `etcdctl txn >/dev/null <<'E'\n\n${batch}\n\n\nE\n`);
      await machine.run(lines.join(''));
    }
    const numbers = `seq 0 ${records - 1}`;
    await machine.run(`${numbers} | shuf | sed 's/.*/s&.${domain} A/' >/tmp/questions.${records}`);
    await machine.run(
      `${numbers} | awk '{ printf "10.%d.%d.%d s%d.${domain}\\n", int($1 / 65536), int($1 / 256) % 256, $1 % 256, $1 }' >/tmp/hosts.${records}`,
    );
  }
}

const prefixFor = (records: number): string => `records${records}`;
const addressOf = (n: number): string => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;

/** skydns with the environment that its unit gives it. */
async function start(machine: Machine, { name, port, records }: Server): Promise<void> {
  const environment = /^Environment=(.*NODE_OPTIONS.*)$/m.exec(skydnsUnit)?.[1];
  if (environment === undefined) throw new Error("skydns's unit sets no NODE_OPTIONS any more");
  const command =
    name === 'skydns'
      ? `env ${environment} skydns -addr 127.0.0.1:${port} -domain ${domain} -path-prefix ${prefixFor(records)} -nameservers 127.0.0.1:1`
      : `dnsmasq -k --port=${port} --listen-address=127.0.0.1 --bind-interfaces --no-resolv --no-hosts --addn-hosts=/tmp/hosts.${records} --user=root --pid-file=/tmp/${port}.pid`;
  await machine.run(inBackground(command, `${name}.${records}.log`));
  const last = records - 1;
  await machine.run(
    `until dig @127.0.0.1 -p ${port} s${last}.${domain} +short +tries=1 | grep -q ${addressOf(last)}; do sleep 0.1; done`,
  );
}

/** @returns questions per second, and in milliseconds what 99 of 100 answers took at most, if a histogram was asked for */
async function ask(machine: Machine, { port, records }: Server, options: string) {
  const printed = await machine.run(
    `dnsperf -s 127.0.0.1 -p ${port} -d /tmp/questions.${records} -c 4 -q 100 ${options} 2>/dev/null`,
  );
  const rate = Number(/Queries per second:\s+([\d.]+)/.exec(printed)?.[1]);
  const good = Number(/NOERROR (\d+)/.exec(printed)?.[1]);
  const sent = Number(/Queries completed:\s+(\d+)/.exec(printed)?.[1]);
  if (!(rate > 0) || good !== sent) throw new Error(`timed a run that was not answered well:\n${printed}`);
  return { rate, p99: percentile(printed, 0.99) };
}

/** Of dnsperf's histogram: lines of `from - to:  count`, in seconds. */
function percentile(printed: string, share: number): number {
  const buckets = [...printed.matchAll(/^\s*[\d.]+ - ([\d.]+):\s+(\d+)$/gm)].map(
    ([, to, count]) => [Number(to), Number(count)] as const,
  );
  let left = buckets.reduce((sum, [, count]) => sum + count, 0) * share;
  for (const [to, count] of buckets) {
    left -= count;
    if (left <= 0) return to * 1_000;
  }
  return Number.NaN;
}

async function residentOf(machine: Machine, { port }: Server): Promise<number> {
  const kibibytes = await machine.run(
    `awk '/VmRSS/ { print $2 }' /proc/$(pgrep -f 'skydns.mjs -addr 127.0.0.1:${port}' | head -1)/status`,
  );
  return Number(kibibytes) * 1_024;
}
