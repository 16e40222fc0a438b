/**
 * The records of a real cluster, through all that can happen to containers, engines, registrator, etcd and machines: they
 * are right again, and none outlives its lease.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dockerClient } from '../../src/ports/docker/client.ts';
import { devcluster, eventually, TestCluster, well } from '../support/devcluster.ts';
import { type Machine, machinesOf, UnitFiles } from '../support/machines.ts';

const cluster = new TestCluster('registrator');
const engine = dockerClient(process.env['DOCKER_HOST'] ?? '');
let machines: readonly Machine[] = [];
let files: UnitFiles;

/** Containers run on the first machine, and the store is read on the second. */
const [home, elsewhere, third] = ['core-01', 'core-02', 'core-03'] as const;
const addressOf = (machine: string): string => machines.find(({ name }) => name === machine)?.address ?? '';
const root = (line: string, machine: string = home) => cluster.on(machine, `sudo sh -c '${line}'`);

/** As long as a record may outlive its machine, and a look at it through ssh takes. */
const withinLease = 5_000;

const records = async (machine: string = elsewhere): Promise<Record<string, string>> => {
  const lines = (await cluster.on(machine, 'etcdctl get --prefix /skydns/test/cluster/')).split('\n');
  return Object.fromEntries(
    lines.flatMap((line, at) =>
      at % 2 === 0 && line !== '' ? [[line.replace('/skydns/test/cluster/', ''), lines[at + 1] ?? '']] : [],
    ),
  );
};
const recordOf = (machine: string, port: number) => `{"host":"${addressOf(machine)}","port":${port}}`;
const become = (expected: Record<string, string>, within = 15_000) =>
  eventually(async () => expect(await records()).toEqual(expected), within);

const container = (name: string, port: number, ...options: readonly string[]) =>
  `docker run -d --name ${name} -p ${port}:${port} -e SERVICE_NAME=web -e SERVICE_ID=${name} ${options.join(' ')} tiny sleep 600`;

beforeAll(async () => {
  await well(devcluster(['down', '--name', cluster.name, '--yes']));
  await well(devcluster(['up', '-n', '3', '--name', cluster.name, '--yes']));
  machines = await machinesOf(cluster);
  files = await UnitFiles.open();
  await root(
    'cd / && tar -c bin sbin lib lib64 usr/bin/sleep usr/bin/dash usr/bin/sh usr/lib/ld-linux* usr/lib/*/ld-linux* usr/lib/*/libc.so.6 usr/lib64 2>/dev/null | docker import - tiny',
  );
});

afterEach(async () => {
  await root('docker rm -f $(docker ps -aq) >/dev/null 2>&1 || true');
  await become({});
});

afterAll(async () => {
  await files?.[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

describe('a container', () => {
  it.each([
    ['stopped', 'docker stop -t 0 one'],
    ['killed', 'docker kill one'],
    ['removed by force', 'docker rm -f one'],
    ['ended by its own process', 'kill -9 $(docker inspect -f {{.State.Pid}} one)'],
  ])('has its record until it is %s', async (_, end) => {
    await root(container('one', 8001));
    await become({ 'web/one': recordOf(home, 8001) });
    await root(end);
    await become({});
  });

  it('keeps its record when it is paused or has another name, and loses it by that name', async () => {
    await root(container('one', 8001));
    await become({ 'web/one': recordOf(home, 8001) });
    await root('docker pause one && docker rename one two && docker unpause two && docker restart -t 0 two');
    await become({ 'web/one': recordOf(home, 8001) });
    await root('docker kill two');
    await become({});
  });

  it('leaves nothing when it lives for a moment only', async () => {
    for (const name of ['brief-1', 'brief-2', 'brief-3'])
      await root(container(name, 8001).replace('sleep 600', 'sleep 0.1'));
    await root(container('last', 8002));
    await become({ 'web/last': recordOf(home, 8002) });
  });

  it('with malformed metadata is reported, and harms no other', async () => {
    await root(`${container('bad', 8001, '-e SERVICE_ID=bad/')} && ${container('good', 8002)}`);
    await become({ 'web/good': recordOf(home, 8002) });
    const said = await root('journalctl --quiet --no-pager --unit registrator');
    expect(said).toContain('its id "bad/" has an empty part');
  });
});

describe('the Docker engine', () => {
  it('takes its records along when it is restarted, and brings back those of what it starts again', async () => {
    await root(`${container('mortal', 8001)} && ${container('phoenix', 8002, '--restart always')}`);
    await become({ 'web/mortal': recordOf(home, 8001), 'web/phoenix': recordOf(home, 8002) });
    await root('systemctl restart docker');
    await become({ 'web/phoenix': recordOf(home, 8002) }, 30_000);
    await root('docker start mortal');
    await become({ 'web/mortal': recordOf(home, 8001), 'web/phoenix': recordOf(home, 8002) });
  });

  it('is not woken by registrator after it was stopped', async () => {
    await root('docker ps && systemctl stop docker.socket docker.service && systemctl start docker.socket && sleep 4');
    expect((await cluster.on(home, 'systemctl is-active docker.service || true')).trim()).toBe('inactive');
  });
});

describe('registrator', () => {
  it('killed, is back with all records, and with none of what ended meanwhile', async () => {
    await root(`${container('stays', 8001)} && ${container('goes', 8002)}`);
    await become({ 'web/stays': recordOf(home, 8001), 'web/goes': recordOf(home, 8002) });
    const before = await root('systemctl show --property MainPID --value registrator');
    await root(`systemctl kill --signal KILL registrator && docker kill goes && ${container('comes', 8003)}`);
    await become({ 'web/stays': recordOf(home, 8001), 'web/comes': recordOf(home, 8003) }, withinLease);
    expect(await root('systemctl show --property MainPID --value registrator')).not.toBe(before);
  });

  it('frozen, leaves no record for longer than its lease, and has them back when it thaws', async () => {
    await root(container('one', 8001));
    await become({ 'web/one': recordOf(home, 8001) });
    await root('systemctl kill --signal STOP registrator');
    await become({}, withinLease);
    await root('systemctl kill --signal CONT registrator');
    await become({ 'web/one': recordOf(home, 8001) });
  });
});

describe('etcd', () => {
  it('without a majority forgets nothing: what changed meanwhile is right when it is back', async () => {
    await root(`${container('stays', 8001)} && ${container('goes', 8002)}`);
    await become({ 'web/stays': recordOf(home, 8001), 'web/goes': recordOf(home, 8002) });
    await Promise.all([elsewhere, third].map((machine) => root('systemctl stop etcd', machine)));
    await root(`docker kill goes && ${container('comes', 8003)} && sleep 6`);
    await Promise.all([elsewhere, third].map((machine) => root('systemctl start etcd', machine)));
    await become({ 'web/stays': recordOf(home, 8001), 'web/comes': recordOf(home, 8003) });
  });

  it('gone from one machine costs that machine no name', async () => {
    await root(container('one', 8001));
    await become({ 'web/one': recordOf(home, 8001) });
    await root(`systemctl stop etcd && sleep 4 && ${container('two', 8002)}`);
    await become({ 'web/one': recordOf(home, 8001), 'web/two': recordOf(home, 8002) });
    await root('docker kill one');
    await become({ 'web/two': recordOf(home, 8002) });
    await root('systemctl start etcd');
  });
});

it('a machine that is killed takes its records along within its lease, and has them again when it runs again', async () => {
  await root(container('phoenix', 8001, '--restart always'));
  await become({ 'web/phoenix': recordOf(home, 8001) });
  const machine = engine.getContainer(`${cluster.name}-${home}`);
  await machine.kill();
  await become({}, withinLease);
  await machine.start();
  // Nobody has asked for its engine yet, which sleeps until then.
  await eventually(() => root('docker ps'), 60_000);
  await become({ 'web/phoenix': recordOf(home, 8001) }, 30_000);
});

describe('a unit without Docker', () => {
  const website = 'website.service';
  const serve =
    'ExecStart=/opt/devcluster/bin/node -e "require(\\"node:http\\").createServer((_, a) => a.end(\\"Hello, World!\\")).listen(8080)"';

  it('has a name while it runs, that leads to its machine from every machine', async () => {
    const path = await files.sleeper(
      website,
      'ExecStart=',
      serve,
      'Environment=SERVICE_NAME=website SERVICE_PORT=8080 SERVICE_ID=w1',
      'Restart=always',
      'RestartSec=5s',
      '[X-Fleet]',
      `MachineID=${machines.find(({ name }) => name === home)?.id}`,
    );
    await cluster.fleet('start', path);
    await become({ 'website/w1': recordOf(home, 8080) });
    for (const { name } of machines) {
      await eventually(async () =>
        expect(await cluster.on(name, 'curl -sS http://website.cluster.test:8080/')).toBe('Hello, World!'),
      );
    }
    await root(`systemctl kill --signal KILL ${website}`);
    await become({}, 4_000);
    await become({ 'website/w1': recordOf(home, 8080) });
    await cluster.fleet('destroy', website);
    await become({});
  });
});
