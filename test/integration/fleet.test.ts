/** fleet on a real cluster: where units go, what moves them, and what must not. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { devcluster, eventually, TestCluster, well } from '../support/devcluster.ts';
import { type Machine, machinesOf, processOf, runsOn, shownUnits, UnitFiles } from '../support/machines.ts';

const cluster = new TestCluster('fleet');
let files: UnitFiles;
let machines: readonly Machine[] = [];
let app: Machine;
let services: readonly Machine[];

const up = (count: number) => well(devcluster(['up', '-n', String(count), '--name', 'fleet', '--yes']));
const nameAt = (address: string): string => machines.find((machine) => machine.address === address)?.name ?? 'nowhere';
const addressOf = async (unit: string): Promise<string> =>
  (await shownUnits(cluster)).find((row) => row.unit === unit)?.address ?? '';
const own = new Set(['skydns.service', 'registrator.service']);

/** One request to the API of a machine, on its socket. */
const api = (machine: Machine, method: string, path: string, body?: object): Promise<string> => {
  const data = body === undefined ? '' : `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`;
  const line = `curl -sS -X ${method} -w '\\n%{http_code}' ${data} --unix-socket /var/run/fleet.sock http://fleet${path}`;
  return cluster.on(machine.name, line);
};
const patch = async (machine: Machine, op: string, key: string, value?: string): Promise<void> => {
  const path = `/${machine.id}/metadata/${key}`;
  expect(await api(app, 'PATCH', '/fleet/v1/machines', [{ op, path, value }])).toBe('\n204');
};

beforeAll(async () => {
  await well(devcluster(['down', '--name', 'fleet', '--yes']));
  await up(3);
  files = await UnitFiles.open();
  machines = await machinesOf(cluster);
  [app, ...services] = machines as [Machine, ...Machine[]];
});

afterEach(async () => {
  const units = (await cluster.fleet('list-unit-files', '--no-legend', '--fields', 'unit')).split('\n');
  const ours = units.filter((unit) => unit !== '' && !own.has(unit));
  if (ours.length > 0) await cluster.fleet('destroy', ...ours);
});

afterAll(async () => {
  await files[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

describe('where units go', () => {
  it('spreads instances of a template evenly, started by one command', async () => {
    await files.sleeper('spread@.service');
    const instances = [1, 2, 3, 4, 5, 6].map((n) => files.path(`spread@${n}.service`));
    const said = await cluster.fleet('start', ...instances);
    expect(said.match(/^Unit spread@\d\.service launched on /gm)).toHaveLength(6);
    const counts = machines.map(async ({ address }) => {
      const rows = await shownUnits(cluster);
      return rows.filter((row) => row.unit.startsWith('spread@') && row.address === address).length;
    });
    expect(await Promise.all(counts)).toEqual([2, 2, 2]);
  });

  it('puts a unit beside the one that it wants to be with, and takes both along', async () => {
    await cluster.fleet('start', await files.sleeper('lead.service', '[X-Fleet]', 'MachineMetadata=purpose=services'));
    await cluster.fleet('start', await files.sleeper('follow.service', '[X-Fleet]', 'MachineOf=lead.service'));
    const home = await addressOf('lead.service');
    expect(await addressOf('follow.service')).toBe(home);
    const machine = machines.find(({ address }) => address === home) as Machine;
    await patch(machine, 'replace', 'purpose', 'nothing');
    const other = services.find(({ address }) => address !== home) as Machine;
    await runsOn(cluster, 'lead.service', [other.address]);
    await runsOn(cluster, 'follow.service', [other.address]);
    await patch(machine, 'replace', 'purpose', 'services');
  });

  it('puts a unit on the one machine that it names by its short id', async () => {
    const [, target] = services as [Machine, Machine];
    await cluster.fleet(
      'start',
      await files.sleeper('pinned.service', '[X-Fleet]', `MachineID=${target.id.slice(0, 8)}`),
    );
    expect(await addressOf('pinned.service')).toBe(target.address);
  });

  it('runs a global unit on every machine that it asks for', async () => {
    const file = await files.sleeper(
      'everywhere.service',
      '[X-Fleet]',
      'Global=true',
      'MachineMetadata=purpose=services',
    );
    expect(await cluster.fleet('start', file)).toContain('Triggered global unit everywhere.service start');
    await runsOn(
      cluster,
      'everywhere.service',
      services.map(({ address }) => address),
    );
  });

  it('holds a unit that no machine takes, says why, and places it as soon as one does', async () => {
    const file = await files.sleeper('picky.service', '[X-Fleet]', 'MachineMetadata=disk=ssd');
    await cluster.fleet('start', '--no-block', file);
    expect(await addressOf('picky.service')).toBe('');
    const { out } = await cluster.fleetctl('explain', 'picky.service');
    expect(out).toMatch(/disk/);
    const [machine] = services as [Machine];
    await patch(machine, 'add', 'disk', 'ssd');
    await runsOn(cluster, 'picky.service', [machine.address]);
    await patch(machine, 'remove', 'disk');
    await runsOn(cluster, 'picky.service', []);
  });

  it('replaces a unit by another that says so', async () => {
    const wish = ['[X-Fleet]', 'MachineMetadata=purpose=services'];
    await cluster.fleet('start', await files.sleeper('old.service', ...wish));
    const before = await addressOf('old.service');
    // Both are free to go anywhere among two machines: the newcomer is put beside its victim by filling the other one.
    const other = services.find(({ address }) => address !== before) as Machine;
    await cluster.fleet(
      'start',
      await files
        .sleeper('weight@.service', '[X-Fleet]', `MachineID=${other.id}`)
        .then(() => files.path('weight@1.service')),
      files.path('weight@2.service'),
    );
    await cluster.fleet('start', await files.sleeper('new.service', ...wish, 'Replaces=old.service'));
    await runsOn(cluster, 'new.service', [before]);
    await runsOn(cluster, 'old.service', [other.address]);
  });
});

describe('what becomes of a unit', () => {
  it('is enabled when it says how, and disabled when it is unloaded', async () => {
    await cluster.fleet('start', await files.sleeper('wanted.service', '[Install]', 'WantedBy=multi-user.target'));
    const machine = nameAt(await addressOf('wanted.service'));
    expect((await cluster.on(machine, 'systemctl is-enabled wanted.service')).trim()).toBe('enabled-runtime');
    await cluster.fleet('unload', 'wanted.service');
    // systemd removes the folder with the last link in it.
    const wanted = await cluster.on(machine, 'ls /run/systemd/system/multi-user.target.wants 2>/dev/null || true');
    expect(wanted.split('\n')).not.toContain('wanted.service');
  });

  it('is another process after a restart, one unit after the other', async () => {
    await files.sleeper('roll@.service');
    const units = [1, 2, 3].map((n) => `roll@${n}.service`);
    await cluster.fleet('start', ...units.map((unit) => files.path(unit)));
    const homes = await Promise.all(units.map(addressOf));
    const processes = () => Promise.all(units.map((unit, at) => processOf(cluster, nameAt(homes[at] ?? ''), unit)));
    const before = await processes();
    await cluster.fleet('restart', ...units);
    const after = await processes();
    expect(after.every((pid, at) => pid !== '0' && pid !== before[at])).toBe(true);
    expect(await Promise.all(units.map(addressOf))).toEqual(homes);
  });

  it('gets another file with --replace, and without it a warning', async () => {
    const file = await files.sleeper('edited.service');
    await cluster.fleet('start', file);
    await files.sleeper('edited.service', 'Nice=5');
    const { talk } = await cluster.fleetctl('start', file);
    expect(talk).toContain('WARNING: Unit edited.service in registry differs from local unit file');
    await cluster.fleet('start', '--replace', file);
    expect(await cluster.fleet('cat', 'edited.service')).toContain('Nice=5');
    const machine = nameAt(await addressOf('edited.service'));
    expect((await cluster.on(machine, 'systemctl show --property Nice --value edited.service')).trim()).toBe('5');
  });

  it('can be seen through the API as fleet’s own clients ask for it', async () => {
    await cluster.fleet('start', await files.sleeper('seen.service'));
    const [body = '', status] = (await api(app, 'GET', '/fleet/v1/units/seen.service?alt=json')).split('\n');
    expect(status).toBe('200');
    expect(JSON.parse(body)).toMatchObject({
      name: 'seen.service',
      desiredState: 'launched',
      currentState: 'launched',
    });
    const [states = ''] = (await api(app, 'GET', '/v1-alpha/state?unitName=seen.service')).split('\n');
    expect(JSON.parse(states).states).toMatchObject([{ systemdActiveState: 'active', systemdSubState: 'running' }]);
    expect(await api(app, 'DELETE', '/fleet/v1/units/seen.service')).toBe('\n204');
    expect(await api(app, 'GET', '/fleet/v1/units/seen.service')).toContain('unit does not exist');
  });

  it('is reached through the tunnel: its status, its journal, its machine', async () => {
    await cluster.fleet('start', await files.sleeper('near.service', 'ExecStartPre=/bin/echo here I am'));
    const machine = nameAt(await addressOf('near.service'));
    expect(await cluster.fleet('status', 'near.service')).toContain('Active: active (running)');
    expect(await cluster.fleet('journal', 'near.service')).toContain('here I am');
    expect((await cluster.fleet('ssh', 'near.service', 'hostname')).trim()).toBe(machine);
  });
});

describe('what fleetctl tells', () => {
  it('is where units would go and what they would wait for, before they do', async () => {
    const only = ['[X-Fleet]', 'MachineMetadata=purpose=services', 'Conflicts=alone@*'];
    await files.sleeper('alone@.service', ...only);
    const instances = [1, 2, 3].map((n) => files.path(`alone@${n}.service`));
    const planned = await cluster.fleetctl('plan', '-o', 'json', ...instances);
    expect(planned.code).toBe(1);
    const { submitted } = JSON.parse(planned.out) as { submitted: { kind: string; unit: string; on?: string }[] };
    expect(submitted.map(({ kind }) => kind)).toEqual(['placed', 'placed', 'held']);
    expect(await cluster.fleet('list-unit-files', '--no-legend')).not.toContain('alone@');
    await cluster.fleet('start', '--no-block', ...instances);
    for (const { unit, on } of submitted) {
      const home = machines.find(({ id }) => id === on)?.address;
      await runsOn(cluster, unit, home === undefined ? [] : [home]);
    }
    const explained = await cluster.fleet('explain', 'alone@3');
    expect(explained).toContain('Unit alone@3.service waits: no agents able to run job.');
    expect(explained).toContain('needs alone@1.service elsewhere; this unit has Conflicts=alone@*');
    expect(explained).toContain('needs metadata purpose=services; has purpose=app');
    expect(await cluster.fleet('explain', 'alone@1')).toMatch(
      /^Unit alone@1\.service is on .*, and active\/running there\.$/m,
    );
  });

  it('is what happens, as it happens, until it is interrupted', async () => {
    await cluster.fleet('submit', await files.sleeper('watched.service'));
    const { process } = await cluster.following('watch', '-o', 'json', 'watched.service');
    let told = '';
    process.stdout.on('data', (chunk: Buffer) => {
      told += chunk;
    });
    await eventually(async () => expect(told).toContain('"change":"present"'));
    await cluster.fleet('start', 'watched.service');
    await cluster.fleet('destroy', 'watched.service');
    // The unit goes from the registry first, what its machine said of it when it has stopped there.
    await eventually(async () => {
      for (const kind of ['unit', 'systemd']) expect(told).toMatch(new RegExp(`"kind":"${kind}",.*"change":"gone"`));
    });
    process.kill('SIGINT');
    expect((await process).exitCode).toBe(0);
    const lines = told
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({ kind: 'unit', unit: 'watched.service', change: 'present' });
    expect(lines).toContainEqual(expect.objectContaining({ field: 'dstate', from: 'inactive', to: 'launched' }));
    expect(lines).toContainEqual(expect.objectContaining({ kind: 'systemd', change: 'gone', to: null }));
  });

  it('is what a shell may complete: units, machines, and nothing when nobody answers', async () => {
    await cluster.fleet('submit', await files.sleeper('complete-me.service'));
    expect(await cluster.fleet('__complete', '--', 'cat', 'comp')).toBe(':\ncomplete-me.service\tinactive\n');
    const ids = (await cluster.fleet('__complete', '--', 'ssh', '--machine', '')).split('\n').slice(1, -1);
    expect(ids.map((line) => line.slice(0, 8))).toEqual(machines.map(({ id }) => id.slice(0, 8)).toSorted());
    expect(await cluster.fleet('__complete', '--', '--tunnel=127.0.0.1:1', 'cat', 'comp')).toBe(':\n');
  });
});

describe('fleetd', () => {
  it('that is killed comes back and finds its units as they were', async () => {
    await cluster.fleet('start', await files.sleeper('kept.service'));
    const machine = nameAt(await addressOf('kept.service'));
    const before = await processOf(cluster, machine, 'kept.service');
    await cluster.on(machine, 'sudo systemctl kill --signal KILL --kill-whom main fleet.service');
    await eventually(async () =>
      expect(await cluster.on(machine, 'systemctl is-active fleet.service')).toBe('active\n'),
    );
    await eventually(async () => {
      expect(await cluster.on(machine, 'fleetctl list-machines --no-legend | wc -l')).toBe('3\n');
    });
    expect(await processOf(cluster, machine, 'kept.service')).toBe(before);
    await runsOn(cluster, 'kept.service', [machines.find(({ name }) => name === machine)?.address ?? '']);
  });

  it('that is stopped takes its units off and leaves at once, and they run elsewhere', async () => {
    await cluster.fleet(
      'start',
      await files.sleeper('mobile.service', '[X-Fleet]', 'MachineMetadata=purpose=services'),
    );
    const before = await addressOf('mobile.service');
    const machine = nameAt(before);
    const other = services.find(({ address }) => address !== before)?.address ?? '';
    await cluster.on(machine, 'sudo systemctl stop fleet.socket fleet.service');
    expect((await cluster.on(machine, 'systemctl is-active mobile.service || true')).trim()).not.toBe('active');
    const left = await cluster.on(app.name, 'fleetctl list-machines --no-legend | wc -l');
    expect(left).toBe('2\n');
    await runsOn(cluster, 'mobile.service', [other]);
    await cluster.on(machine, 'sudo systemctl start fleet.socket fleet.service');
    await runsOn(
      cluster,
      'skydns.service',
      machines.map(({ address }) => address),
    );
    await runsOn(cluster, 'mobile.service', [other]);
  });
});

describe('a machine', () => {
  it('that boots again has its id, its global units, and nothing that moved away meanwhile', async () => {
    await cluster.fleet('start', await files.sleeper('moved.service', '[X-Fleet]', 'MachineMetadata=purpose=services'));
    const before = await addressOf('moved.service');
    const other = services.find(({ address }) => address !== before)?.address ?? '';
    const { dockerClient } = await import('../../src/ports/docker/client.ts');
    const container = dockerClient(process.env['DOCKER_HOST'] ?? '').getContainer(`fleet-${nameAt(before)}`);
    await container.kill();
    await runsOn(cluster, 'moved.service', [other], 30_000);
    await container.start();
    await runsOn(
      cluster,
      'skydns.service',
      machines.map(({ address }) => address),
      30_000,
    );
    expect(await machinesOf(cluster)).toEqual(machines);
    await runsOn(cluster, 'moved.service', [other]);
  });

  it('that is new gets the global units without a command from anybody', async () => {
    await cluster.fleet('start', await files.sleeper('herald.service', '[X-Fleet]', 'Global=true'));
    await up(4);
    const all = await machinesOf(cluster);
    expect(all).toHaveLength(4);
    await runsOn(
      cluster,
      'herald.service',
      all.map(({ address }) => address),
      30_000,
    );
    await up(3);
    await runsOn(
      cluster,
      'herald.service',
      machines.map(({ address }) => address),
      30_000,
    );
  });
});

describe('trouble with etcd', () => {
  const units = [1, 2, 3].map((n) => `steady@${n}.service`);
  const processes = () =>
    Promise.all(
      units.map(async (unit) => {
        const machine = nameAt(await addressOf(unit));
        return `${unit} on ${machine} is ${await processOf(cluster, machine, unit)}`;
      }),
    );
  const onAll = (line: string, among = machines) => Promise.all(among.map(({ name }) => cluster.on(name, line)));
  const healthy = () =>
    eventually(async () => {
      await cluster.on(app.name, 'etcdctl endpoint health --cluster');
      await onAll('fleetctl list-machines --no-legend | wc -l | grep -qx 3');
    }, 30_000);
  const wait = (duration: number) => new Promise((resolve) => setTimeout(resolve, duration));
  const leader = async (): Promise<Machine> => {
    const status = await cluster.on(app.name, 'etcdctl endpoint status --cluster -w fields');
    const leading = /"Leader" : (\d+)/.exec(status)?.[1] ?? '';
    const block = status.split('\n\n').find((one) => one.includes(`"MemberID" : ${leading}\n`)) ?? '';
    return machines.find(({ address }) => block.includes(address)) as Machine;
  };

  it.each<[string, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      'its leader is killed',
      async () => cluster.on((await leader()).name, 'sudo systemctl kill -s KILL etcd'),
      healthy,
    ],
    [
      'its leader freezes for longer than a lease lasts',
      async () => {
        const { name } = await leader();
        await cluster.on(name, 'sudo systemctl kill -s STOP etcd');
        await wait(5_000);
        await cluster.on(name, 'sudo systemctl kill -s CONT etcd');
      },
      healthy,
    ],
    [
      'it has no quorum for longer than a lease lasts',
      async () => {
        await onAll('sudo systemctl stop etcd', machines.slice(1));
        await wait(5_000);
        await onAll('sudo systemctl start --no-block etcd', machines.slice(1));
      },
      healthy,
    ],
    [
      'its history is compacted away',
      async () => {
        const status = await cluster.on(app.name, 'etcdctl endpoint status -w fields');
        await cluster.on(app.name, `etcdctl compact ${/"Revision" : (\d+)/.exec(status)?.[1]}`);
      },
      healthy,
    ],
    [
      'a new member leads',
      async () => {
        const before = await leader();
        const next = machines.find(({ name }) => name !== before.name) as Machine;
        const members = await cluster.on(app.name, 'etcdctl member list');
        const id = members
          .split('\n')
          .find((line) => line.includes(next.address))
          ?.split(',')[0];
        await eventually(async () => {
          if ((await leader()).name === before.name)
            await cluster.on(before.name, `etcdctl --endpoints http://${before.address}:2379 move-leader ${id}`);
          expect((await leader()).name).not.toBe(before.name);
        }, 30_000);
      },
      healthy,
    ],
  ])('restarts no unit when %s, and the cluster works on', async (_what, harm, recovered) => {
    await files.sleeper('steady@.service');
    await cluster.fleet('start', ...units.map((unit) => files.path(unit)));
    const before = await processes();
    await harm();
    await recovered();
    expect(await processes()).toEqual(before);
    await cluster.fleet('start', await files.sleeper('later.service'));
    expect(await addressOf('later.service')).not.toBe('');
  });

  it('moves the units of a machine that is cut off, and takes them off it when it returns', async () => {
    await cluster.fleet('start', await files.sleeper('cut.service', '[X-Fleet]', 'MachineMetadata=purpose=services'));
    const before = await addressOf('cut.service');
    const machine = nameAt(before);
    const other = services.find(({ address }) => address !== before)?.address ?? '';
    const others = machines.filter(({ address }) => address !== before).map(({ address }) => address);
    const rules = (how: string) =>
      others
        .map(
          (address) =>
            `sudo iptables ${how} INPUT -s ${address} -j DROP; sudo iptables ${how} OUTPUT -d ${address} -j DROP`,
        )
        .join('; ');
    await cluster.on(machine, rules('-I'));
    try {
      await eventually(async () => {
        const row = await cluster.on(nameAt(other), 'systemctl is-active cut.service || true');
        expect(row.trim()).toBe('active');
      }, 30_000);
      // The machine keeps what it has while it knows nothing: fleet's own policy, and the default.
      expect((await cluster.on(machine, 'systemctl is-active cut.service')).trim()).toBe('active');
    } finally {
      await cluster.on(machine, rules('-D'));
    }
    await healthy();
    await eventually(async () => {
      expect((await cluster.on(machine, 'systemctl is-active cut.service || true')).trim()).not.toBe('active');
    });
    await runsOn(cluster, 'cut.service', [other]);
  });
});
