import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OperatingError } from '../../../core/errors/define.ts';
import { EngineRefused } from '../../../core/errors/docker.ts';
import { ApiRefused } from '../../../core/errors/fleet-api.ts';
import type { MemoryImages } from '../../../ports/docker/images-memory.ts';
import { memoryHost } from '../../../ports/host/memory.ts';
import { readClusters } from '../clusters.ts';
import { readMembers } from '../etcd-members.ts';
import { Scratch, type TestDesk, testDesk } from '../fixtures.ts';
import type { Golden } from '../golden/golden.ts';
import { createGolden, goldenVolumes, sealGolden } from '../golden/volume.ts';
import { down } from './down.ts';
import { env } from './env.ts';
import { list } from './list.ts';
import { status } from './status.ts';
import { type UpOptions, up } from './up.ts';

const codeOf = async (running: Promise<unknown>): Promise<string> => {
  try {
    await running;
    return 'none';
  } catch (error) {
    if (error instanceof OperatingError) return error.code;
    throw error;
  }
};

/** Runs `up` on a desk of its own; the clusters are those of `before`. */
const upOn = async (scratch: Scratch, options: UpOptions, before?: TestDesk): Promise<TestDesk> => {
  const desk = testDesk({ scratch, ...(before === undefined ? {} : { before }) });
  await up(desk, options);
  return desk;
};

const machinesOf = async ({ docker }: TestDesk, name = 'lab') =>
  (await readClusters(docker)).find((cluster) => cluster.name === name)?.machines ?? [];
const counted = (desk: TestDesk, call: string): number =>
  desk.docker.calls.filter((made) => made.startsWith(call)).length;

/** The API refuses a call this many times, and then does it. @returns how often it has refused */
const refuse = ({ fleet }: TestDesk, call: 'units' | 'putUnit' | 'setTarget', status: number, times: number) => {
  let count = 0;
  const refusing = () => {
    if (count >= times) return;
    count += 1;
    throw new ApiRefused({ status, message: 'not now', body: '' });
  };
  const usual = { units: fleet.units, putUnit: fleet.putUnit, setTarget: fleet.setTarget };
  Object.assign(fleet, {
    [call]: async (...facts: readonly never[]) => {
      refusing();
      return await Reflect.apply(usual[call], fleet, facts);
    },
  });
  return () => count;
};

describe('up', () => {
  it('makes three machines with addresses, ports and metadata, and says what comes next', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '3' });
    const machines = await machinesOf(desk);
    expect(machines.map(({ name, address, sshPort }) => [name, address, sshPort])).toEqual([
      ['core-01', '172.17.8.101', 2222],
      ['core-02', '172.17.8.102', 2223],
      ['core-03', '172.17.8.103', 2224],
    ]);
    expect(desk.io.output()).toMatch(/^MACHINE .*\ncore-01 +running +172\.17\.8\.101 .*purpose=app\n/);
    expect(desk.io.errors()).toMatch(
      /1\/7 Docker engine[\s\S]*7\/7 service names[\s\S]*Ready in [\s\S]*devcluster down --name lab/,
    );
  });

  it('needs three calls for each machine, and leaves no lock', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '3' });
    expect(counted(desk, 'seed')).toBe(3);
    expect(counted(desk, 'start')).toBe(3);
    expect(counted(desk, 'createContainer')).toBe(4);
    expect(counted(desk, 'exec')).toBe(0);
    expect((await readClusters(desk.docker))[0]?.lock).toBeUndefined();
  });

  it('puts everything into a machine before it starts', async () => {
    using scratch = new Scratch();
    const { docker } = await upOn(scratch, { name: 'lab', machines: '1' });
    const own = docker.calls.filter((call) => call.endsWith('lab-core-01'));
    expect(own).toEqual(['createContainer lab-core-01', 'seed lab-core-01', 'start lab-core-01']);
  });

  it('has nothing to do the second time, and touches nothing', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '3' });
    first.docker.calls.length = 0;
    const second = await upOn(scratch, { name: 'lab', machines: '3' }, first);
    expect(second.io.errors()).toContain('Nothing to do: "lab" has all its 3 machines and units.');
    expect(second.docker.calls).toEqual([]);
  });

  it.each(['units', 'putUnit', 'setTarget'] as const)(
    'asks again when etcd has just lost its leader at %s',
    async (call) => {
      using scratch = new Scratch();
      const desk = testDesk({ scratch });
      let refused = () => 0;
      const { onStart } = desk.docker;
      desk.docker.onStart = async (container) => {
        await onStart(container);
        refused = refuse(desk, call, 503, 2);
      };
      await up(desk, { name: 'lab', machines: '1' });
      expect(refused()).toBe(2);
      expect((await desk.fleet.units()).map(({ desired }) => desired)).toEqual(['launched', 'launched']);
    },
  );

  it('keeps what it was told earlier when it is told nothing new', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '2', domain: 'x.test', metadata: ['core-02=a=b'] });
    const second = await upOn(scratch, {}, first);
    expect(second.io.errors()).toContain('Nothing to do');
    const third = testDesk({ scratch, before: first });
    await status(third, { output: 'json' });
    expect(JSON.parse(third.io.output())).toMatchObject({
      name: 'lab',
      domain: 'x.test',
      machines: [{ metadata: { purpose: 'app' } }, { metadata: { a: 'b' } }],
    });
  });

  it('adds a machine by announcing it to etcd first', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '3' });
    first.docker.calls.length = 0;
    const second = await upOn(scratch, { name: 'lab', machines: '4' }, first);
    const calls = second.docker.calls.filter((call) => /member (add|promote)|createContainer lab-core/.test(call));
    expect(calls).toEqual([
      expect.stringMatching(
        /^exec lab-core-01 etcdctl .*member add core-04 --peer-urls=http:\/\/172\.17\.8\.104:2380 --learner$/,
      ),
      'createContainer lab-core-04',
      expect.stringMatching(/^exec lab-core-01 etcdctl .*member promote a1$/),
    ]);
    const seeded = await second.docker.readFile('lab-core-04', '/etc/devcluster/etcd.env');
    expect(seeded).toContain('ETCD_INITIAL_CLUSTER_STATE=existing\n');
    expect(seeded).toContain('core-04=http://172.17.8.104:2380\n');
  });

  describe('after one that was ended while it made the cluster grow', () => {
    const endedAt = async (scratch: Scratch, call: RegExp): Promise<TestDesk> => {
      const first = await upOn(scratch, { name: 'lab', machines: '3' });
      const desk = testDesk({ scratch, before: first });
      const { onExec, onStart } = desk.docker;
      const end = (what: string): void => {
        if (call.test(what)) desk.interrupt('SIGINT');
      };
      desk.docker.onExec = async (container, command, given) => {
        const answer = await onExec(container, command, given);
        end(command.join(' '));
        return answer;
      };
      desk.docker.onStart = async (container) => {
        await onStart(container);
        end(`start ${container}`);
      };
      expect(await codeOf(up(desk, { machines: '4' }))).toBe('INTERRUPTED');
      Object.assign(desk.docker, { onExec, onStart });
      return desk;
    };
    const membersOf = async ({ docker }: TestDesk) => {
      const membership = await readMembers(docker, { name: 'core-01', container: 'lab-core-01' });
      return 'members' in membership ? membership.members.map(({ name, learns }) => `${name} ${learns}`) : membership;
    };
    const three = ['core-01 false', 'core-02 false', 'core-03 false'];

    it.each([
      ['announced it and made nothing of it', /member add/],
      ['started it', /start lab-core-04/],
    ])('goes on when that had %s', async (_, call) => {
      using scratch = new Scratch();
      const desk = await endedAt(scratch, call);
      expect((await membersOf(desk)).toString()).toContain(' true');
      const next = await upOn(scratch, { machines: '4', force: true }, desk);
      expect(await membersOf(next)).toEqual([...three, 'core-04 false']);
    });

    it.each([
      ['announced it and made nothing of it', /member add/],
      ['started it', /start lab-core-04/],
    ])('goes back when that had %s', async (_, call) => {
      using scratch = new Scratch();
      const next = await upOn(scratch, { machines: '3', yes: true, force: true }, await endedAt(scratch, call));
      expect(await membersOf(next)).toEqual(three);
      expect(await machinesOf(next)).toHaveLength(3);
    });
  });

  it('refuses to remove machines until somebody agrees, and then etcd forgets them first', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '3' });
    expect(await codeOf(upOn(scratch, { name: 'lab', machines: '2' }, first))).toBe('CONSENT_NEEDED');
    // As `npm start` does, which must not cost anybody a machine.
    expect(await codeOf(upOn(scratch, { machines: '2', provideEngine: true }, first))).toBe('CONSENT_NEEDED');
    expect(await machinesOf(first)).toHaveLength(3);
    const agreed = await upOn(scratch, { name: 'lab', machines: '2', yes: true }, first);
    expect(await machinesOf(agreed)).toHaveLength(2);
    const calls = agreed.docker.calls.filter((call) => /member remove|^remove lab-core/.test(call));
    expect(calls).toEqual([expect.stringMatching(/^exec lab-core-01 .*member remove 3$/), 'remove lab-core-03']);
    expect(
      (await agreed.docker.volumes({})).map(({ name }) => name).filter((name) => name.includes('core-03')),
    ).toEqual([]);
  });

  it('starts machines that are stopped, and makes no new ones', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '3' });
    await first.docker.kill('lab-core-02');
    first.docker.calls.length = 0;
    const second = await upOn(scratch, { name: 'lab' }, first);
    expect(counted(second, 'start lab-core-02')).toBe(1);
    expect(counted(second, 'createContainer lab-core')).toBe(0);
    expect((await machinesOf(second)).map(({ state }) => state)).toEqual(['running', 'running', 'running']);
  });

  it('puts two clusters side by side without a clash', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '2' });
    const second = await upOn(scratch, { name: 'other', machines: '1' }, first);
    const [machine] = await machinesOf(second, 'other');
    expect(machine?.sshPort).toBe(2224);
    expect(machine?.address).toMatch(/^10\.\d+\.\d+\.101$/);
    expect(await codeOf(upOn(scratch, {}, second))).toBe('CLUSTER_AMBIGUOUS');
  });

  it('goes around ports and ranges that the host uses', async () => {
    using scratch = new Scratch();
    const host = memoryHost([{ range: '172.17.0.0/16', by: 'a route' }], new Set([2222, 2224]));
    const desk = testDesk({ scratch, host });
    await up(desk, { name: 'lab', machines: '2' });
    const machines = await machinesOf(desk);
    expect(machines.map(({ sshPort }) => sshPort)).toEqual([2223, 2225]);
    expect(machines[0]?.address).toMatch(/^10\./);
  });

  it('says who has a subnet that was asked for, and leaves nothing behind', async () => {
    using scratch = new Scratch();
    const host = memoryHost([{ range: '10.200.0.0/16', by: 'a route of this host through tun0' }]);
    const desk = testDesk({ scratch, host });
    expect(await codeOf(up(desk, { name: 'lab', subnet: '10.200.1.0/24' }))).toBe('SUBNET_TAKEN');
    expect(await readClusters(desk.docker)).toEqual([]);
  });
});

describe('up that fails', () => {
  const failing = async (scratch: Scratch, options: UpOptions) => {
    const desk = testDesk({ scratch });
    const { onStart } = desk.docker;
    desk.docker.onStart = async (container) => {
      if (container === 'lab-core-02') desk.docker.exit(container, 30);
      else await onStart(container);
    };
    const code = await codeOf(up(desk, { name: 'lab', machines: '3', timeout: '5s', ...options }));
    return { desk, code };
  };

  it('ends as soon as a machine dies, and takes a new cluster back', async () => {
    using scratch = new Scratch();
    const { desk, code } = await failing(scratch, {});
    expect(code).toBe('MACHINE_DIED');
    expect(await readClusters(desk.docker)).toEqual([]);
    expect(await desk.docker.volumes({})).toEqual([]);
  });

  it('takes back a machine that could not be started, and etcd forgets it', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '3' });
    const desk = testDesk({ scratch, before: first });
    const { onStart } = desk.docker;
    desk.docker.onStart = async () => {
      throw new EngineRefused({ doing: 'start lab-core-04', reason: 'no space left on device' });
    };
    expect(await codeOf(up(desk, { machines: '4' }))).toBe('ENGINE_REFUSED');
    desk.docker.onStart = onStart;
    expect(await machinesOf(desk)).toHaveLength(3);
    expect((await desk.docker.volumes({})).filter(({ name }) => name.includes('core-04'))).toEqual([]);
    const membership = await readMembers(desk.docker, { name: 'core-01', container: 'lab-core-01' });
    expect('members' in membership && membership.members.map(({ name }) => name)).toEqual([
      'core-01',
      'core-02',
      'core-03',
    ]);
  });

  it('leaves everything when asked to, for the next up to finish', async () => {
    using scratch = new Scratch();
    const { desk } = await failing(scratch, { keep: true });
    expect(await machinesOf(desk)).toHaveLength(3);
    const next = testDesk({ scratch, before: desk });
    const id = (await desk.docker.readFile('lab-core-02', '/etc/machine-id'))?.trim() ?? '';
    desk.docker.onStart = () => {
      desk.fleet.join(id);
      for (const unit of ['skydns.service', 'registrator.service']) {
        desk.fleet.report(unit, id, ['loaded', 'active', 'running']);
      }
    };
    desk.fleet.whenTargeted = async ({ name }) => {
      for (const machine of await desk.fleet.machines()) {
        desk.fleet.report(name, machine.id, ['loaded', 'active', 'running']);
      }
    };
    await up(next, { name: 'lab', force: true });
    expect((await machinesOf(next)).map(({ state }) => state)).toEqual(['running', 'running', 'running']);
  });

  it('ends at once when it is interrupted, and keeps what there is', async () => {
    using scratch = new Scratch();
    const desk = testDesk({ scratch });
    desk.docker.onStart = async () => desk.interrupt('SIGINT');
    expect(await codeOf(up(desk, { name: 'lab', machines: '2' }))).toBe('INTERRUPTED');
    expect(await machinesOf(desk)).toHaveLength(2);
    expect((await readClusters(desk.docker))[0]?.lock).toBeDefined();
  });

  it('does not ask twice for what fleet refuses for good', async () => {
    using scratch = new Scratch();
    const desk = testDesk({ scratch });
    const refused = refuse(desk, 'putUnit', 409, Number.POSITIVE_INFINITY);
    expect(await codeOf(up(desk, { name: 'lab', machines: '1' }))).toBe('API_REFUSED');
    // Once for each of the cluster's own units.
    expect(refused()).toBe(2);
  });

  it('shows the unit that failed and where', async () => {
    using scratch = new Scratch();
    const desk = testDesk({ scratch });
    desk.docker.onExec = (_container, command) => (command[0] === 'journalctl' ? { stdout: 'its last words\n' } : {});
    desk.fleet.whenTargeted = async ({ name }) => {
      const [machine] = await desk.fleet.machines();
      if (machine !== undefined) desk.fleet.report(name, machine.id, ['loaded', 'failed', 'failed']);
    };
    await expect(up(desk, { name: 'lab', machines: '1', keep: true })).rejects.toThrow(
      /\.service failed on core-01; its journal ends with:\n {2}its last words/,
    );
  });

  it('shows what is most likely to blame when it waited too long', async () => {
    using scratch = new Scratch();
    const desk = testDesk({ scratch });
    desk.docker.onStart = () => {};
    desk.docker.onExec = (_container, [program]) =>
      program === 'journalctl'
        ? { stdout: 'its last words\n' }
        : { stdout: 'Id=fleet.service\nLoadState=loaded\nActiveState=activating\nSubState=start\nNRestarts=3\n' };
    await expect(up(desk, { name: 'lab', machines: '1', timeout: '0.2s' })).rejects.toThrow(
      /^waited 0 s for every machine to be listed by fleet; the last that was seen: core-01 missing; fleet\.service on core-01 is activating \(start\) after 3 restarts, and its journal ends with:\n {2}its last words$/,
    );
  });

  it('does not touch a cluster that another process is changing', async () => {
    using scratch = new Scratch();
    const desk = testDesk({ scratch });
    const first = testDesk({ scratch, before: desk });
    let second: Promise<string> | undefined;
    const { onStart } = desk.docker;
    desk.docker.onStart = async (container) => {
      second ??= codeOf(up(testDesk({ scratch, before: desk }), { name: 'lab', machines: '1' }));
      await second;
      await onStart(container);
    };
    await up(first, { name: 'lab', machines: '1' });
    expect(await second).toBe('CLUSTER_BUSY');
  });

  it.each<[string, UpOptions]>([
    ['a name that cannot be one', { name: 'Lab' }],
    ['no number of machines', { machines: 'three' }],
    ['more machines than addresses', { machines: '151' }],
    ['metadata without a machine', { metadata: ['purpose=db'] }],
    ['metadata of a machine too many', { name: 'lab', machines: '1', metadata: ['core-02=a=b'] }],
    ['no time', { timeout: 'long' }],
    ['a time that is over', { timeout: '0s' }],
    ['half a subnet', { subnet: '10.0.0.0' }],
  ])('refuses %s before anything is made', async (_what, options) => {
    using scratch = new Scratch();
    const desk = testDesk({ scratch });
    expect(await codeOf(up(desk, options))).toBe('USAGE_WRONG');
    expect(desk.docker.calls).toEqual([]);
  });
});

describe('up with a cluster file', () => {
  const written = (scratch: Scratch, text: string): void => {
    mkdirSync(join(scratch.path, 'services'));
    writeFileSync(join(scratch.path, 'devcluster.yaml'), text);
    writeFileSync(join(scratch.path, 'services', 'web@.service'), '[Service]\nExecStart=/bin/true\n');
    writeFileSync(join(scratch.path, 'services', 'db.service'), '[Service]\nExecStart=/bin/false\n');
  };

  it('finds the nearest one, submits its units and starts those that it says', async () => {
    using scratch = new Scratch();
    written(
      scratch,
      'name: shop\nmachines: 1\nunits:\n  submitted: [services/*.service]\n  started: [services/web@1.service]\n',
    );
    const desk = await upOn(scratch, {});
    expect(await machinesOf(desk, 'shop')).toHaveLength(1);
    const units = (await desk.fleet.units()).map(({ name, desired }) => [name, desired]);
    expect(units).toEqual([
      ['db.service', 'inactive'],
      ['registrator.service', 'launched'],
      ['skydns.service', 'launched'],
      ['web@.service', 'inactive'],
      ['web@1.service', 'launched'],
    ]);
    const again = await upOn(scratch, {}, desk);
    expect(again.io.errors()).toContain('Nothing to do: "shop" has its machine and units.');
  });

  it('gives changed images to the machines that are there', async () => {
    using scratch = new Scratch();
    const file = 'name: shop\nmachines: 1\nimages:\n  - reference: redis:2.8\n';
    writeFileSync(join(scratch.path, 'devcluster.yaml'), file);
    const before: Golden = { volume: 'first', images: [{ reference: 'redis:2.8', name: 'redis:2.8', content: '1' }] };
    const after: Golden = { volume: 'second', images: [{ reference: 'redis:2.8', name: 'redis:2.8', content: '2' }] };
    const desk = testDesk({ scratch, golden: before });
    await up(desk, {});
    const same = testDesk({ scratch, before: desk, golden: before });
    await up(same, {});
    expect(same.io.errors()).toContain('Nothing to do');
    const changed = testDesk({ scratch, before: desk, golden: after });
    const engine = await changed.engine({ provide: false, agreed: false, said: () => {} });
    (engine.images as MemoryImages).add('redis:2.8');
    await up(changed, {});
    expect(counted(changed, 'exec shop-core-01 /bin/sh -c docker load')).toBe(1);
    expect(changed.io.errors()).toContain('core-01 has redis:2.8 anew');
  });

  it.each<[string, UpOptions, boolean]>([
    ['without a name when it was found', {}, false],
    ['with the name that was given', { name: 'lab' }, true],
  ])('says the next commands %s', async (_what, options, named) => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { machines: '1', ...options });
    expect(desk.io.errors().includes(' ssh --name lab core-01')).toBe(named);
    expect(desk.io.errors().includes(' ssh core-01')).toBe(!named);
  });

  it('reports every mistake in it, with the lines', async () => {
    using scratch = new Scratch();
    written(scratch, 'nane: shop\nmachines: 0\n');
    await expect(upOn(scratch, {})).rejects.toThrow(/line 1: .*"nane".*Did you mean "name"[\s\S]*line 2: /);
  });

  it('says which unit file is not there', async () => {
    using scratch = new Scratch();
    written(scratch, 'units: [services/nothing.service]\n');
    await expect(upOn(scratch, {})).rejects.toThrow(/no unit file matches .*\/services\/nothing\.service/);
  });

  it('refuses a unit that fleet would refuse before anything is made', async () => {
    using scratch = new Scratch();
    written(scratch, 'units: [services/*.service]\n');
    writeFileSync(join(scratch.path, 'services', 'bad.service'), '[Service\n');
    const desk = testDesk({ scratch });
    expect(await codeOf(up(desk, {}))).toBe('CLUSTER_FILE_WRONG');
    expect(desk.docker.calls).toEqual([]);
  });

  it.each([
    ['of the file that is pointed at, whatever the shell remembers', 'devcluster.yaml', 'shop'],
    ['that the shell remembers over one in a file that is near', undefined, 'lab'],
  ])('goes by the name %s', async (_, name, made) => {
    using scratch = new Scratch();
    written(scratch, 'name: shop\nmachines: 1\n');
    const desk = testDesk({ scratch, environment: { DEVCLUSTER_NAME: 'lab' } });
    await up(desk, name === undefined ? { machines: '1' } : { file: join(scratch.path, name) });
    expect((await readClusters(desk.docker)).map((cluster) => cluster.name)).toEqual([made]);
  });

  it('does not count when another cluster is named', async () => {
    using scratch = new Scratch();
    written(scratch, 'name: shop\nmachines: 1\n');
    const desk = await upOn(scratch, { name: 'lab', machines: '2' });
    expect(await machinesOf(desk)).toHaveLength(2);
  });
});

describe('down', () => {
  it('removes a cluster without a trace, and only that', async () => {
    using scratch = new Scratch();
    const first = await upOn(scratch, { name: 'lab', machines: '2' });
    const second = await upOn(scratch, { name: 'other', machines: '1' }, first);
    await down(testDesk({ scratch, before: second }), 'lab', {});
    expect((await readClusters(second.docker)).map(({ name }) => name)).toEqual(['other']);
    expect((await second.docker.volumes({})).every(({ name }) => name.startsWith('other-'))).toBe(true);
  });

  it('takes along what an interrupted up left of its images', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '1' });
    await createGolden(desk.docker, 'half', ['redis:2.8']);
    await createGolden(desk.docker, 'whole', ['redis:2.8']);
    await sealGolden(desk.docker, 'whole');
    await down(testDesk({ scratch, before: desk }), 'lab', {});
    expect((await goldenVolumes(desk.docker)).map(({ hash }) => hash)).toEqual(['whole']);
  });

  it('succeeds the second time, and says that there was nothing', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '1' });
    await down(testDesk({ scratch, before: desk }), 'lab', {});
    const again = testDesk({ scratch, before: desk });
    await down(again, 'lab', {});
    expect(again.io.errors()).toContain('There is no cluster "lab"; nothing was removed.');
  });

  it('names near clusters after a slip, and removes nothing', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '1' });
    const slip = testDesk({ scratch, before: desk });
    await down(slip, 'lba', {});
    expect(slip.io.errors()).toContain('Did you mean "lab"?');
    expect(await machinesOf(desk)).toHaveLength(1);
  });
});

describe('facts', () => {
  it('are printed for shells and for programs', async () => {
    using scratch = new Scratch();
    const desk = await upOn(scratch, { name: 'lab', machines: '2' });
    const names = testDesk({ scratch, before: desk });
    await list(names, { output: 'name' });
    expect(names.io.output()).toBe('lab\n');
    const exports = testDesk({ scratch, before: desk, environment: { DEVCLUSTER_NAME: 'lab' } });
    await env(exports, {});
    expect(exports.io.output()).toMatch(/^export DEVCLUSTER_NAME=lab\nexport FLEETCTL_TUNNEL=127\.0\.0\.1:2222\n/);
    expect(exports.io.output()).toContain('ETCDCTL_ENDPOINTS=http://172.17.8.101:2379,http://172.17.8.102:2379');
  });
});
