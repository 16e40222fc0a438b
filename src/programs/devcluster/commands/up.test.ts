import { describe, expect, it } from 'vitest';
import { memoryHost } from '../../../ports/host/memory.ts';
import { readClusters } from '../clusters.ts';
import { Scratch, testDesk } from '../fixtures.ts';
import { status } from './status.ts';
import { up } from './up.ts';
import { codeOf, counted, machinesOf, refuse, upOn } from './up-fixtures.ts';

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
