/** The tutorial "CoreOS and fleet to build a dev environment", step by step, on a real cluster. @see docs/tutorial-webapp.md */
import { Resolver } from 'node:dns/promises';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkout, devcluster, eventually, TestCluster, well } from '../support/devcluster.ts';

const cluster = new TestCluster('webapp');
const services = `${checkout}clusters/webapp/services`;
const machines = ['core-01', 'core-02', 'core-03'] as const;
let addresses: readonly string[] = [];

interface Status {
  readonly machines: readonly {
    readonly name: string;
    readonly address: string;
    readonly state: string;
    readonly id: string;
  }[];
}
const status = async (): Promise<Status> => JSON.parse(await cluster.well('status', '-o', 'json')) as Status;

/** Rows of a list, each as its cells. */
const rows = (list: string): string[][] =>
  list
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.split(/\t+/));

const unitRow = async (unit: string): Promise<string[] | undefined> =>
  rows(await cluster.fleet('list-units')).find(([name]) => name === unit);
const addressOf = (row: readonly string[] | undefined): string => row?.[1]?.split('/')[1] ?? '';
const nameOf = (address: string): string => machines[addresses.indexOf(address)] ?? 'nowhere';

const ping = async (address: string): Promise<string> => {
  const socket = connect(6379, address);
  socket.end('PING\r\n');
  return text(socket);
};

const lookUp = async (name: string, server: string): Promise<string[]> => {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  resolver.setServers([server]);
  return resolver.resolve4(name);
};

beforeAll(async () => {
  await well(devcluster(['down', '--name', 'webapp', '--yes']));
  await well(devcluster(['up', '-f', 'clusters/webapp.yaml', '--yes']));
  addresses = (await status()).machines.map((machine) => machine.address);
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
});

describe('the webapp tutorial', () => {
  it('step 2: describes the machines to ssh in the format of vagrant ssh-config', async () => {
    const blocks = (await cluster.well('ssh-config')).trimEnd().split('\n\n');
    expect(blocks).toHaveLength(3);
    expect(blocks[0]).toMatch(
      /^Host core-01\n {2}HostName 127\.0\.0\.1\n {2}User core\n {2}Port \d+\n {2}UserKnownHostsFile \/dev\/null\n {2}StrictHostKeyChecking no\n {2}PasswordAuthentication no\n {2}IdentityFile \S+\n {2}IdentitiesOnly yes\n {2}LogLevel FATAL$/,
    );
  });

  it('step 5: lists three machines by id with their metadata', async () => {
    const list = rows(await cluster.fleet('list-machines'));
    expect(list.map(([id]) => id)).toEqual(list.map(([id]) => id).toSorted());
    expect(list.map(([, address]) => address).toSorted()).toEqual(addresses);
    expect(list.map(([, , metadata]) => metadata).toSorted()).toEqual([
      'purpose=app',
      'purpose=services',
      'purpose=services',
    ]);
  });

  it('steps 6 and 7: submits an instance from its template file, with the hash of the tutorial', async () => {
    expect(await cluster.fleet('submit', `${services}/redis@1.service`)).toBe('Unit redis@1.service inactive\n');
    const list = rows(await cluster.fleet('list-unit-files'));
    expect(list.find(([unit]) => unit === 'redis@1.service')).toEqual([
      'redis@1.service',
      '1226b31',
      'inactive',
      'inactive',
      '-',
    ]);
    expect(list.find(([unit]) => unit === 'skydns.service')?.[2]).toBe('launched');
    expect(list.find(([unit]) => unit === 'registrator.service')?.[2]).toBe('launched');
  });

  it('step 8: starts redis on a services machine', async () => {
    expect(await cluster.fleet('start', 'redis@1.service')).toMatch(
      new RegExp(`^Unit redis@1\\.service launched on [0-9a-f]{8}\\.\\.\\./(${addresses[1]}|${addresses[2]})\n$`),
    );
  });

  it('step 9: lists seven rows, all active and running', async () => {
    await eventually(async () => {
      const list = rows(await cluster.fleet('list-units'));
      expect(list.map(([unit]) => unit)).toEqual([
        'redis@1.service',
        ...Array.from({ length: 3 }, () => 'registrator.service'),
        ...Array.from({ length: 3 }, () => 'skydns.service'),
      ]);
      for (const [unit, , active, sub] of list) expect([unit, active, sub]).toEqual([unit, 'active', 'running']);
    });
  });

  it('step 10: shows the status of the unit as its machine sees it', async () => {
    const shown = await cluster.fleet('status', 'redis@1.service');
    expect(shown).toMatch(/^● redis@1\.service - A Redis 2\.8 server\n/);
    // Since version 250 systemd names the link that fleet makes; before, it named the file behind it.
    expect(shown).toMatch(
      /Loaded: loaded \(\/run\/(fleet\/units|systemd\/system)\/redis@1\.service; linked-runtime; (vendor )?preset: \w+\)/,
    );
    expect(shown).toMatch(/Active: active \(running\) since /);
    expect(shown).toMatch(/Process: \d+ ExecStartPre=\/usr\/bin\/docker rm redis \(code=exited, status=1\/FAILURE\)/);
    expect(shown).toMatch(/Main PID: \d+ \(docker\)/);
    expect(shown).toMatch(/CGroup: \/system\.slice\/system-redis\.slice\/redis@1\.service/);
    expect(shown).toContain('/usr/bin/docker run --rm --name redis -p 6379:6379 -e SERVICE_ID=redis-1 redis:2.8');
  });

  it('step 11: shows the journal, down to redis being ready', async () => {
    await eventually(async () => {
      expect(await cluster.fleet('journal', '--lines', '40', 'redis@1.service')).toMatch(
        /ready to accept connections/i,
      );
    });
  });

  it('step 11, with -f: follows the journal until it is broken off', async () => {
    const { process: following } = await cluster.following('journal', '-f', 'redis@1.service');
    const lines = following.iterable()[Symbol.asyncIterator]();
    await lines.next();
    const saying = "docker exec redis sh -c 'echo said-while-followed > /proc/1/fd/1'";
    await cluster.fleet('ssh', 'redis@1.service', saying);
    for (;;) {
      const { value, done } = await lines.next();
      if (String(value).includes('said-while-followed')) break;
      expect(done, 'the journal ended before the line came').not.toBe(true);
    }
    following.kill('SIGINT');
    const { signal } = await following;
    expect(signal).toBe('SIGINT');
  });

  it('steps 12 and 13: redis answers at the address that list-units shows to awk', async () => {
    const line = (await cluster.fleet('list-units')).split('\n').find((row) => row.startsWith('redis@1.service'));
    const address = line?.split(/[\s/]/)[3];
    expect(addresses.slice(1)).toContain(address);
    expect(await eventually(() => ping(address ?? ''))).toBe('+PONG\r\n');
  });

  it.each(['address', 'name'] as const)('step 12: redis-cli in a container finds redis by %s', async (by) => {
    const address = addressOf(await unitRow('redis@1.service'));
    const target = by === 'name' ? 'redis.webapp.dev' : address;
    const answer = await eventually(() =>
      cluster.on(nameOf(address), `docker run --rm redis:2.8 redis-cli -h ${target} PING`),
    );
    expect(answer.trim()).toBe('PONG');
  });

  it.each([0, 1, 2])('steps 14 and 15: dig at machine %i answers for the service and for its id', async (index) => {
    const server = addresses[index] ?? '';
    const redis = addressOf(await unitRow('redis@1.service'));
    const answer = await eventually(async () => {
      const shown = await cluster.on('core-01', `dig @${server} redis.webapp.dev`);
      expect(shown).toMatch(/status: NOERROR/);
      return shown;
    });
    expect(answer).toMatch(/;; flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0\n/);
    expect(answer).toMatch(
      new RegExp(`redis\\.webapp\\.dev\\.\\s+3600\\s+IN\\s+A\\s+${redis.replaceAll('.', '\\.')}\n`),
    );
    expect(answer).toMatch(/MSG SIZE {2}rcvd: 50\n/);
    expect(await lookUp('redis-1.redis.webapp.dev', server)).toEqual([redis]);
  });

  it('forwards what is not its own, and fails quickly when nobody answers', async () => {
    // The engine's own resolver knows containers by name and network.
    expect((await cluster.on('core-01', 'dig +short core-02.webapp')).trim()).toBe(addresses[1]);
    // In time for dig, whether the host reaches a name server or not.
    expect(await cluster.on('core-01', 'dig +tries=1 +time=5 nowhere.invalid')).toMatch(/status: (NXDOMAIN|SERVFAIL)/);
  });

  it('step 16: the shared folder is there', async () => {
    expect(await cluster.on('core-01', 'ls /code/webapp')).toContain('config.ru');
  });

  it('step 17: the image is there under the tutorial’s reference', async () => {
    expect(await cluster.on('core-01', 'docker images')).toMatch(/quay\.io\/nicoolas25\/rack-webapp\s+latest/);
  });

  it('steps 19 and 20: the webapp runs on the app machine and answers by address and by name', async () => {
    expect(await cluster.fleet('submit', `${services}/webapp@test.service`)).toBe(
      'Unit webapp@test.service inactive\n',
    );
    expect(await cluster.fleet('start', 'webapp@test.service')).toMatch(
      new RegExp(`^Unit webapp@test\\.service launched on [0-9a-f]{8}\\.\\.\\./${addresses[0]}\n$`),
    );
    const page = await eventually(async () => (await fetch(`http://${addresses[0]}:3000/`)).text());
    expect(page.trim()).toBe('Hello Docker!');
    await eventually(async () => expect(await lookUp('app.webapp.dev', addresses[1] ?? '')).toEqual([addresses[0]]));
    expect((await cluster.on('core-03', 'curl -fsS http://app.webapp.dev:3000/')).trim()).toBe('Hello Docker!');
  });
});

describe('scheduling by metadata and conflicts', () => {
  it('puts redis@2 on the other services machine', async () => {
    await cluster.fleet('start', `${services}/redis@2.service`);
    const homes = [addressOf(await unitRow('redis@1.service')), addressOf(await unitRow('redis@2.service'))];
    expect(homes.toSorted()).toEqual(addresses.slice(1));
  });

  it('leaves redis@3 unscheduled, since every services machine conflicts', async () => {
    await cluster.fleet('start', '--no-block', `${services}/redis@3.service`);
    const list = rows(await cluster.fleet('list-unit-files'));
    expect(list.find(([unit]) => unit === 'redis@3.service')).toEqual([
      'redis@3.service',
      '1226b31',
      'launched',
      'inactive',
      '-',
    ]);
    expect(await unitRow('redis@3.service')).toBeUndefined();
    await cluster.fleet('destroy', 'redis@3.service');
  });

  it('keeps a second webapp off the app machine', async () => {
    await cluster.fleet('start', '--no-block', `${services}/webapp@b.service`);
    const list = rows(await cluster.fleet('list-unit-files'));
    expect(list.find(([unit]) => unit === 'webapp@b.service')?.slice(2)).toEqual(['launched', 'inactive', '-']);
    await cluster.fleet('destroy', 'webapp@b.service');
  });
});

describe('a machine that dies', () => {
  let lost = '';
  let other = '';
  let idBefore = '';

  it('loses its unit to the other services machine, and the name follows, without a command from anybody', async () => {
    await cluster.fleet('destroy', 'redis@2.service');
    await eventually(async () => expect(await lookUp('redis.webapp.dev', addresses[0] ?? '')).toHaveLength(1));
    const address = addressOf(await unitRow('redis@1.service'));
    lost = nameOf(address);
    other = addresses.slice(1).find((candidate) => candidate !== address) ?? '';
    idBefore = (await status()).machines.find((machine) => machine.name === lost)?.id ?? '';

    await well(devcluster(['engine', 'status'])); // the engine is the product's own business: this only shows it is there
    const { dockerClient } = await import('../../src/ports/docker/client.ts');
    await dockerClient(process.env['DOCKER_HOST'] ?? '')
      .getContainer(`webapp-${lost}`)
      .kill();

    await eventually(async () => expect(await lookUp('redis.webapp.dev', addresses[0] ?? '')).toEqual([other]), 30_000);
    expect(await eventually(() => ping(other))).toBe('+PONG\r\n');
  });

  it('rejoins with its id when it is started again, and nothing runs twice', async () => {
    await well(devcluster(['up', '-f', 'clusters/webapp.yaml', '--yes']));
    const machine = (await status()).machines.find(({ name }) => name === lost);
    expect(machine).toMatchObject({ id: idBefore, state: 'running' });
    await eventually(async () => {
      const list = rows(await cluster.fleet('list-machines', '--full'));
      expect(list.map(([id]) => id)).toContain(idBefore);
    });
    await eventually(async () => {
      const list = rows(await cluster.fleet('list-units'));
      expect(list.filter(([unit]) => unit === 'redis@1.service').map(addressOf)).toEqual([other]);
      expect(list.filter(([unit]) => unit === 'skydns.service')).toHaveLength(3);
    });
    expect((await cluster.on(lost, 'systemctl is-active redis@1.service || true')).trim()).not.toBe('active');
    expect((await cluster.on(lost, 'docker ps -q --filter name=redis')).trim()).toBe('');
    expect(await lookUp('redis.webapp.dev', addresses[0] ?? '')).toEqual([other]);
  });
});
