import { describe, expect, it } from 'vitest';
import { EngineRefused } from '../../../core/errors/docker.ts';
import { readClusters } from '../clusters.ts';
import { readMembers } from '../etcd-members.ts';
import { Scratch, type TestDesk, testDesk } from '../fixtures.ts';
import { type UpOptions, up } from './up.ts';
import { codeOf, machinesOf, refuse, upOn } from './up-fixtures.ts';

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

describe('up after one that was ended while it made the cluster grow', () => {
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
