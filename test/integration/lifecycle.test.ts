/** A cluster's life on a real engine: made, made again, grown, broken off, refused, removed. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dockerClient } from '../../src/ports/docker/client.ts';
import { checkout, devcluster, eventually, start, TestCluster, well } from '../support/devcluster.ts';

const docker = dockerClient(process.env['DOCKER_HOST'] ?? '');

/** All that the engine holds of a cluster, by label: containers, networks, volumes. */
const traces = async (name: string): Promise<string[]> => {
  const filters = { label: [`devcluster.cluster=${name}`] };
  const [containers, networks, volumes] = await Promise.all([
    docker.listContainers({ all: true, filters }),
    docker.listNetworks({ filters }),
    docker.listVolumes({ filters: JSON.stringify(filters) }),
  ]);
  return [
    ...containers.flatMap(({ Names }) => Names),
    ...networks.map(({ Name }) => Name),
    ...(volumes.Volumes ?? []).map(({ Name }) => Name),
  ];
};

interface Status {
  readonly subnet: string;
  readonly machines: readonly {
    readonly name: string;
    readonly address: string;
    readonly id: string;
    readonly state: string;
  }[];
}
const status = async (name: string): Promise<Status> =>
  JSON.parse(await well(devcluster(['status', '--name', name, '-o', 'json']))) as Status;

const down = (name: string) => well(devcluster(['down', '--name', name, '--yes']));

/** Removes what a test made even when it failed, so that the next one starts from nothing. */
const made = new Set<string>();
const named = (name: string): string => {
  made.add(name);
  return name;
};
afterEach(async () => {
  for (const name of made) await down(name);
  made.clear();
});

const scratch = async (
  files: Readonly<Record<string, string>>,
): Promise<AsyncDisposable & { readonly path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'devcluster-test-'));
  for (const [name, content] of Object.entries(files)) await writeFile(join(path, name), content);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
};

describe('up', () => {
  it('makes three machines, does nothing the second time, grows to four, and down leaves nothing behind', async () => {
    const name = named('life');
    const first = await devcluster(['up', '-n', '3', '--name', name, '--yes']);
    expect(first.code, first.talk).toBe(0);
    for (const machine of ['core-01', 'core-02', 'core-03']) expect(first.out).toContain(machine);
    const before = await status(name);
    expect(before.machines.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
    expect(new Set(before.machines.map(({ id }) => id)).size).toBe(3);

    const second = await devcluster(['up', '-n', '3', '--name', name, '--yes']);
    expect(second.code, second.talk).toBe(0);
    expect(second.talk).toMatch(/nothing to do/i);
    expect(await status(name)).toEqual(before);

    const third = await devcluster(['up', '-n', '4', '--name', name, '--yes']);
    expect(third.code, third.talk).toBe(0);
    const after = await status(name);
    expect(after.machines.slice(0, 3)).toEqual(before.machines);
    expect(after.machines[3]).toMatchObject({ name: 'core-04', state: 'running' });
    await using cluster = new TestCluster(name);
    const list = await cluster.fleet('list-machines', '--no-legend');
    expect(list.trim().split('\n')).toHaveLength(4);
    expect(await cluster.on('core-04', 'etcdctl endpoint health --cluster 2>&1')).toMatch(/(.*is healthy.*\n){4}/);

    expect((await devcluster(['down', '--name', name, '--yes'])).code).toBe(0);
    expect(await traces(name)).toEqual([]);
    const again = await devcluster(['down', '--name', name, '--yes']);
    expect(again.code).toBe(0);
    expect(again.talk).toMatch(/no cluster/i);
  });

  it.each([
    { after: 300, ends: 'up' },
    { after: 1_500, ends: 'down' },
    { after: 2_500, ends: 'up' },
  ])('killed after $after ms, is finished or cleaned by the next $ends', async ({ after, ends }) => {
    const name = named('killed');
    const running = start(['up', '-n', '2', '--name', name, '--yes']);
    await new Promise((resolve) => setTimeout(resolve, after));
    running.kill('SIGKILL');
    await running.catch(() => undefined);
    if (ends === 'up') {
      await well(devcluster(['up', '-n', '2', '--name', name, '--yes']));
      expect((await status(name)).machines.map(({ state }) => state)).toEqual(['running', 'running']);
    }
    await down(name);
    expect(await traces(name)).toEqual([]);
  });

  it('killed while it makes a cluster grow, costs that cluster nothing, and the next one goes on or goes back', async () => {
    await using cluster = new TestCluster(named('growing'));
    const up = ['up', '--name', cluster.name, '--yes', '-n'];
    const members = async (): Promise<string[]> =>
      (await cluster.on('core-01', 'etcdctl member list'))
        .trim()
        .split('\n')
        .map((line) => line.split(', '))
        .map(([, state, name, , , learns]) => `${name} ${state} ${learns}`)
        .toSorted();
    const voting = (...names: readonly string[]) => names.map((name) => `${name} started false`);
    await well(devcluster([...up, '1']));
    for (const after of [600, 900, 1_200]) {
      const running = start([...up, '2']);
      await new Promise((resolve) => setTimeout(resolve, after));
      running.kill('SIGKILL');
      await running.catch(() => undefined);
      // Of one voting member and one that is only announced, one is a quorum.
      expect(await cluster.fleet('list-machines', '--no-legend')).toContain('purpose=app');
      await well(devcluster([...up, '1']));
      expect(await members()).toEqual(voting('core-01'));
      expect((await status(cluster.name)).machines).toHaveLength(1);
    }
    const running = start([...up, '3']);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    running.kill('SIGKILL');
    await running.catch(() => undefined);
    await well(devcluster([...up, '3']));
    expect(await members()).toEqual(voting('core-01', 'core-02', 'core-03'));
  });

  it('interrupted by Ctrl-C, says what remains, and leaves nothing that down cannot remove', async () => {
    const name = named('interrupted');
    const running = start(['up', '-n', '2', '--name', name, '--yes']);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    running.kill('SIGINT');
    const { exitCode } = await running.catch((error: { exitCode?: number }) => error);
    expect(exitCode).toBe(130);
    await down(name);
    expect(await traces(name)).toEqual([]);
  });

  it('keeps two clusters side by side apart', async () => {
    const [one, two] = [named('side-a'), named('side-b')];
    await Promise.all([one, two].map((name) => well(devcluster(['up', '-n', '1', '--name', name, '--yes']))));
    const [a, b] = await Promise.all([status(one), status(two)]);
    expect(a.subnet).not.toBe(b.subnet);
    expect(a.machines[0]?.id).not.toBe(b.machines[0]?.id);
    const listed = JSON.parse(await well(devcluster(['list', '-o', 'json']))) as {
      readonly clusters: readonly { readonly name: string }[];
    };
    expect(listed.clusters.map((cluster) => cluster.name)).toEqual(expect.arrayContaining([one, two]));
    const ambiguous = await devcluster(['status']);
    expect(ambiguous.code).toBe(3);
    expect(ambiguous.talk).toContain(one);
    expect(ambiguous.talk).toContain(two);
    await down(one);
    expect((await status(two)).machines[0]?.state).toBe('running');
  });

  it('shows the machine, the unit that falls again and again, its last words, and what to do', async () => {
    const name = named('falls');
    await well(devcluster(['up', '-n', '1', '--name', name, '--yes']));
    const break_ = 'sudo systemctl stop etcd && sudo sh -c "echo broken > /var/lib/etcd/member/snap/db"';
    await well(devcluster(['ssh', '--name', name, 'core-01', '--', break_]));
    await docker.getContainer(`${name}-core-01`).kill();
    const { code, talk } = await devcluster(['up', '--name', name, '--yes']);
    expect(code).toBe(5);
    expect(talk).toMatch(
      /etcd\.service failed on core-01 again and again \(\d+ restarts\); its journal ends with:\n {2}/,
    );
    expect(talk).toContain('etcd.service: Main process exited');
    expect(talk).toContain(`devcluster logs core-01 -u etcd.service --name ${name}`);
  });

  it('says which step of an image failed, and leaves no cluster', async () => {
    const name = named('broken');
    await using folder = await scratch({
      'devcluster.yaml': `name: ${name}\nmachines: 1\nimages:\n  - reference: broken:1\n    build: .\n`,
      Dockerfile: 'ARG BASE\nFROM $BASE\nRUN echo about-to-fail && exit 42\n',
    });
    const { code, talk } = await devcluster(['up', '-f', join(folder.path, 'devcluster.yaml'), '--yes']);
    expect(code).toBe(8);
    expect(talk).toContain('broken:1');
    expect(talk).toContain('about-to-fail');
    expect(await traces(name)).toEqual([]);
  });

  it('refuses a subnet that is taken, and says by whom', async () => {
    const name = named('taken');
    const network = await docker.createNetwork({
      Name: 'somebody-else',
      IPAM: { Driver: 'default', Config: [{ Subnet: '10.77.3.0/24' }] },
    });
    try {
      const { code, talk } = await devcluster(['up', '-n', '1', '--name', name, '--subnet', '10.77.3.0/24', '--yes']);
      expect(code).toBe(6);
      expect(talk).toContain('10.77.3.0/24');
      expect(talk).toContain('somebody-else');
      expect(await traces(name)).toEqual([]);
    } finally {
      await network.remove();
    }
  });

  it('reports every mistake of a cluster file at once', async () => {
    await using folder = await scratch({
      'devcluster.yaml': 'name: Not A Name\nmachines: 0\ndomian: x.test\nimages:\n  - build: ./nowhere\n',
    });
    const { code, talk } = await devcluster(['up', '-f', join(folder.path, 'devcluster.yaml'), '--yes']);
    expect(code).toBe(2);
    for (const mistake of ['name', 'machines', 'domian', 'reference']) expect(talk).toContain(mistake);
    expect(talk).toContain('domain');
  });
});

describe('the commands for a cluster that is there', () => {
  const name = 'commands';
  const cluster = new TestCluster(name);
  beforeAll(() =>
    well(devcluster(['up', '-n', '2', '--name', name, '--yes', '--metadata', 'core-02=purpose=db,disk=ssd'])),
  );
  afterAll(() => cluster[Symbol.asyncDispose]());

  const shell = async (line: string): Promise<string> => {
    const { stdout } = await execa('sh', ['-euc', line], { cwd: checkout, stdin: 'ignore' });
    return stdout;
  };

  it('run a command on a machine, as root through the engine and as core over ssh, with its exit code', async () => {
    expect(await cluster.well('exec', 'core-02', '--', 'sh', '-c', 'hostname; id -un')).toBe('core-02\nroot\n');
    expect(await cluster.run('exec', 'core-02', '--', 'sh', '-c', 'echo no >&2; exit 7')).toMatchObject({
      code: 7,
      talk: 'no\n',
    });
    expect(await cluster.on('core-02', 'hostname; id -un')).toBe('core-02\ncore\n');
    expect((await cluster.run('ssh', 'core-01', '--', 'exit 9')).code).toBe(9);
  });

  it('show a journal, of one unit, and follow it without leaving anything behind on the machine', async () => {
    expect(await cluster.well('logs', 'core-02', '-u', 'fleet.service')).toContain('Starting fleetd version');
    const lines = (await cluster.well('logs', '-n', '3')).trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(await cluster.run('logs', '-n', 'few')).toMatchObject({
      code: 2,
      talk: expect.stringContaining('-n "few"'),
    });
    const { process } = cluster.start('logs', 'core-02', '-f', '-n', '1');
    let heard = '';
    process.stdout?.on('data', (text) => {
      heard += text;
    });
    await eventually(async () => expect(heard).not.toBe(''));
    await cluster.well('exec', 'core-02', '--', 'logger', 'something happened');
    await eventually(async () => expect(heard).toContain('something happened'));
    process.kill('SIGINT');
    await process;
    const left = () => cluster.well('exec', 'core-02', '--', 'sh', '-c', 'pgrep -c journalctl || true');
    await eventually(async () => expect(await left()).toBe('0\n'));
  });

  it('set a shell up for fleetctl and ssh', async () => {
    const listed = await shell(`eval "$(bin/devcluster env --name ${name})"; bin/fleetctl list-machines --no-legend`);
    expect(listed.split('\n').map((line) => line.split('\t').at(-1))).toEqual(
      expect.arrayContaining(['purpose=app', 'disk=ssd,purpose=db']),
    );
    await using folder = await scratch({});
    const file = join(folder.path, 'ssh_config');
    expect(await shell(`bin/devcluster ssh-config --name ${name} >${file}; ssh -F ${file} core-02 hostname`)).toBe(
      'core-02',
    );
    const facts = JSON.parse(await cluster.well('ssh-config', '-o', 'json'));
    expect(facts).toMatchObject({ user: 'core', hosts: [{ host: 'core-01' }, { host: 'core-02' }] });
  });

  it('run fleetctl on the cluster, with its exit code', async () => {
    expect(await cluster.well('fleetctl', 'list-machines', '--no-legend', '--fields=metadata')).toContain(
      'disk=ssd,purpose=db',
    );
    expect((await cluster.run('fleetctl', 'cat', 'nothing.service')).code).toBe(1);
  });

  it('tell about engine, clusters and health as text and as facts', async () => {
    expect(JSON.parse(await cluster.well('list', '-o', 'json'))).toMatchObject({
      clusters: expect.arrayContaining([expect.objectContaining({ name })]),
    });
    expect(JSON.parse(await cluster.well('engine', 'status', '-o', 'json'))).toMatchObject({
      host: process.env['DOCKER_HOST'],
    });
    expect(await cluster.well('doctor')).not.toBe('');
  });
});

describe('without an engine', () => {
  beforeAll(() => expect(process.getuid?.(), 'this test becomes nobody, which only root can').toBe(0));

  it('and without root, says what to install, with an exit code of its own', async () => {
    await using home = await scratch({});
    const { code, talk } = await devcluster(['up', '--yes'], {
      uid: 65534,
      gid: 65534,
      extendEnv: false,
      env: { PATH: process.env['PATH'] ?? '', HOME: home.path },
      cwd: checkout,
    });
    expect(code).toBe(4);
    expect(talk).toMatch(/docker/i);
    expect(talk).toMatch(/Try: /);
  });

  it('that DOCKER_HOST names, says so and does not look elsewhere', async () => {
    const { code, talk } = await devcluster(['up', '--yes'], {
      env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    });
    expect(code).toBe(4);
    expect(talk).toContain('/nonexistent/docker.sock');
  });
});
