/** Names on a real cluster: right at every moment that matters, whatever happens to what they name. */
import { Resolver } from 'node:dns/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout, devcluster, eventually, TestCluster, well } from '../support/devcluster.ts';
import { type Machine, machinesOf, UnitFiles } from '../support/machines.ts';

const cluster = new TestCluster('names');
let machines: readonly Machine[] = [];
let files: UnitFiles;

interface Shown {
  readonly name: string;
  readonly runsAt: readonly string[];
  readonly machines: readonly {
    readonly machine: string;
    readonly answered: readonly string[];
    readonly verdict: string;
  }[];
}
const matrix = async (): Promise<readonly Shown[]> =>
  (JSON.parse((await cluster.run('dns', '--matrix', '-o', 'json')).out) as { readonly names: readonly Shown[] }).names;

const ask = async (server: Machine, name: string): Promise<readonly string[]> => {
  const resolver = new Resolver({ timeout: 1_000, tries: 1 });
  resolver.setServers([server.address]);
  return resolver.resolve4(name).catch(() => []);
};

/** Waits until these machines answer exactly so. @returns how long it took, in milliseconds */
const answers = async (
  name: string,
  expected: readonly string[],
  among: readonly Machine[] = machines,
  within = 15_000,
): Promise<number> => {
  const since = performance.now();
  await eventually(async () => {
    const said = await Promise.all(among.map((machine) => ask(machine, name)));
    for (const one of said) expect(one.toSorted()).toEqual(expected.toSorted());
  }, within);
  return performance.now() - since;
};

const run = (machine: Machine, id: string) =>
  cluster.on(
    machine.name,
    `docker run --detach --name ${id} --publish 7000:6379 --env SERVICE_NAME=store --env SERVICE_ID=${id} redis:2.8`,
  );
const store = 'store.names.test';
const [first, second, third] = [0, 1, 2].map((at) => () => machines[at] as Machine) as [
  () => Machine,
  () => Machine,
  () => Machine,
];
const remove = (machine: Machine, id: string) => cluster.on(machine.name, `docker rm --force ${id}`);
/** Silence lasts as long as the lease, 3 s, and a moment. */
const lease = 3_000;
const moment = 2_000;

beforeAll(async () => {
  files = await UnitFiles.open();
  const file = await files.file(
    'cluster.yaml',
    `name: names\ndomain: names.test\nmachines: 3\nimages:\n  - reference: redis:2.8\n    build: ${checkout}images/redis\n`,
  );
  await well(devcluster(['down', '--name', 'names', '--yes']));
  await well(devcluster(['up', '-f', file, '--yes']));
  machines = await machinesOf(cluster);
});

afterAll(async () => {
  await files[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

describe('a container', () => {
  it('that starts has its names on every machine, and the matrix agrees', async () => {
    await run(second(), 'store-1');
    await answers(store, [second().address]);
    await answers(`store-1.${store}`, [second().address]);
    await run(third(), 'store-2');
    await answers(store, [second().address, third().address]);
    const shown = (await matrix()).find(({ name }) => name === store);
    expect(shown?.runsAt).toEqual([second().address, third().address].toSorted());
    expect(shown?.machines.map(({ verdict }) => verdict)).toEqual(['right', 'right', 'right']);
    const { code, out } = await cluster.run('dns', 'store-1.store.names.test');
    expect(out).toContain(second().address);
    expect(code).toBe(0);
  });

  it.each([
    ['stopped', 'docker stop --time 1 store-2'],
    ['killed', 'docker kill store-2'],
  ])('that is %s loses its name at once, and has it again when it starts', async (_how, line) => {
    await cluster.on(third().name, line);
    expect(await answers(store, [second().address])).toBeLessThan(moment);
    await cluster.on(third().name, 'docker start store-2');
    await answers(store, [second().address, third().address]);
  });

  it('has its name through a restart of registrator, also a hard one, and what died meanwhile loses it', async () => {
    await cluster.on(third().name, 'sudo systemctl kill --signal KILL registrator.service; docker kill store-2');
    await answers(store, [second().address]);
    await cluster.on(third().name, 'docker start store-2');
    await answers(store, [second().address, third().address]);
  });

  it('loses its name when its Docker engine goes, and has it again with it', async () => {
    await cluster.on(third().name, 'docker update --restart always store-2; sudo systemctl restart docker.service');
    await answers(store, [second().address, third().address]);
    const shown = (await matrix()).find(({ name }) => name === store);
    expect(shown?.machines.map(({ verdict }) => verdict)).toEqual(['right', 'right', 'right']);
  });
});

describe('a unit without Docker', () => {
  it('has a name when its environment says so, for as long as it runs', async () => {
    const unit = await files.sleeper(
      'site.service',
      'Environment=SERVICE_NAME=site SERVICE_PORT=8000 SERVICE_ID=site-1',
    );
    await cluster.fleet('start', unit);
    const list = await cluster.fleet('list-units', '--no-legend', '--full', '--fields', 'unit,machine');
    const home = /^site\.service\t+[0-9a-f]+\/(\S+)$/m.exec(list)?.[1] ?? '';
    await answers('site.names.test', [home]);
    await cluster.fleet('destroy', 'site.service');
    await answers('site.names.test', []);
  });
});

describe('names outlive trouble', () => {
  it('and are answered while etcd has no quorum', async () => {
    await Promise.all([second(), third()].map(({ name }) => cluster.on(name, 'sudo systemctl stop etcd')));
    await new Promise((resolve) => setTimeout(resolve, lease + moment));
    expect(await ask(first(), store)).toHaveLength(2);
    await Promise.all([second(), third()].map(({ name }) => cluster.on(name, 'sudo systemctl start --no-block etcd')));
    await answers(store, [second().address, third().address], machines, 30_000);
  });

  it('and are learned by a machine whose own etcd is down', async () => {
    const id = 'store-3.store.names.test';
    await cluster.on(third().name, 'sudo systemctl stop etcd');
    try {
      await run(first(), 'store-3');
      await answers(id, [first().address]);
      await remove(first(), 'store-3');
      await answers(id, []);
    } finally {
      await cluster.on(third().name, 'sudo systemctl start --no-block etcd');
    }
  });

  it('but not their machine: cut off, its record goes with its lease, and comes back with it', async () => {
    const others = [first(), second()];
    const rules = (how: string) =>
      others
        .flatMap(({ address }) => [`INPUT -s ${address}`, `OUTPUT -d ${address}`])
        .map((rule) => `sudo iptables ${how} ${rule} -j DROP`)
        .join('; ');
    await cluster.on(third().name, rules('-I'));
    try {
      expect(await answers(store, [second().address], others, 30_000)).toBeLessThan(lease + 2 * moment);
    } finally {
      await cluster.on(third().name, rules('-D'));
    }
    await answers(store, [second().address, third().address], machines, 30_000);
  });

  it('nor a machine that is killed', async () => {
    const { dockerClient } = await import('../../src/ports/docker/client.ts');
    const container = dockerClient(process.env['DOCKER_HOST'] ?? '').getContainer(`names-${third().name}`);
    await container.kill();
    const others = [first(), second()];
    expect(await answers(store, [second().address], others, 30_000)).toBeLessThan(lease + 2 * moment);
    await container.start();
    // Its Docker engine sleeps until somebody uses it, and with it what it should run.
    await eventually(() => cluster.on(third().name, 'docker ps'), 30_000);
    await answers(store, [second().address, third().address], machines, 30_000);
    await remove(second(), 'store-1');
    await remove(third(), 'store-2');
    await answers(store, []);
  });
});

describe('the host', () => {
  it('that cannot reach the machines is served by a relay', async () => {
    await run(second(), 'store-3');
    await answers(store, [second().address]);
    const relay = cluster.start('dns', '--serve', '127.0.0.1:5399');
    const resolver = new Resolver({ timeout: 1_000, tries: 1 });
    resolver.setServers(['127.0.0.1:5399']);
    await eventually(async () => expect(await resolver.resolve4(store)).toEqual([second().address]));
    relay.process.kill('SIGINT');
    expect((await relay.process).exitCode).toBe(0);
  });
});
