import { describe, expect, it } from 'vitest';
import { ApiUnreachable } from '../../../core/errors/fleet-api.ts';
import { everywhere, hello, m1, m2, stage } from '../fixtures.ts';

const onServices = `${hello}\n[X-Fleet]\nMachineMetadata=purpose=services\n`;
const alone = `${hello}\n[X-Fleet]\nMachineMetadata=purpose=services\nConflicts=redis@*.service\n`;

/** Two machines, of which only the first is for services; units do what a test says. */
const quietStage = () => {
  const scene = stage();
  scene.api.whenTargeted = () => {};
  return scene;
};

describe('explain', () => {
  it('tells where a unit is, why there, how it fares, and what the others refuse', async () => {
    const { api, put, run } = stage();
    await put('redis.service', onServices);
    await api.setTarget('redis.service' as never, 'launched');
    expect(await run('explain', 'redis')).toEqual({
      code: 0,
      err: '',
      out:
        'Unit redis.service is on 113f16a7.../172.17.8.103, and active/running there.\n' +
        'Why there:\n' +
        '  has metadata purpose=services\n' +
        '  no other machine can run it\n' +
        'Other machines:\n' +
        '  85c0c595...: needs metadata purpose=services; has no purpose (local Machine metadata insufficient)\n',
    });
  });

  it('tells what would have to change before a unit could run', async () => {
    const { api, put, run } = quietStage();
    for (const name of ['redis@1.service', 'redis@2.service']) {
      await put(name, alone);
      await api.setTarget(name as never, 'launched');
    }
    api.place('redis@1.service', m1, 'launched');
    expect((await run('explain', 'redis@2')).out).toBe(
      'Unit redis@2.service waits: no agents able to run job.\n' +
        'What would have to change, on one of them:\n' +
        '  113f16a7.../172.17.8.103: needs redis@1.service elsewhere; this unit has Conflicts=redis@*.service ' +
        '(found conflict with locally-scheduled Unit([redis@1.service]))\n' +
        '  85c0c595...: needs metadata purpose=services; has no purpose (local Machine metadata insufficient)\n',
    );
  });

  it('says so when there is no machine at all', async () => {
    const { api, put, run } = quietStage();
    api.leave(m1);
    api.leave(m2);
    await put('hello.service', hello);
    await api.setTarget('hello.service' as never, 'launched');
    expect((await run('explain', 'hello')).out).toBe(
      'Unit hello.service waits: zero agents available.\nNext: fleetctl list-machines\n',
    );
  });

  it('tells where a unit will be next', async () => {
    const { api, put, run } = quietStage();
    await put('hello.service', hello);
    await api.setTarget('hello.service' as never, 'launched');
    expect((await run('explain', 'hello')).out).toBe(
      'Unit hello.service is about to go to 113f16a7.../172.17.8.103: target state launched and unit not scheduled.\n' +
        'Next: fleetctl watch hello.service\n',
    );
    api.place('hello.service', m1, 'launched');
    api.leave(m1);
    expect((await run('explain', 'hello')).out).toBe(
      `Unit hello.service is about to go from 113f16a7... to 85c0c595...: target Machine(${m1}) went away.\n` +
        'Next: fleetctl watch hello.service\n',
    );
  });

  it('tells that a unit leaves and nobody takes it', async () => {
    const { api, put, run } = quietStage();
    await put('redis.service', onServices);
    await api.setTarget('redis.service' as never, 'launched');
    api.place('redis.service', m1, 'launched');
    api.leave(m1);
    expect((await run('explain', 'redis')).out).toMatch(
      /^Unit redis\.service waits: no agents able to run job\. It leaves 113f16a7\.\.\.\.\nWhat would .*\n {2}85c0.*\n$/,
    );
  });

  it.each([
    [undefined, 'which has not reported it yet', ['fleetctl ssh --machine 113f16a7 -- journalctl -u fleet -n 20']],
    [['not-found', 'inactive', 'dead'], 'where systemd could not load it (not-found)', ['fleetctl status x.service']],
    [
      ['loaded', 'failed', 'failed'],
      'where it failed (failed/failed)',
      ['fleetctl journal x.service', 'fleetctl status x.service'],
    ],
    [
      ['loaded', 'activating', 'auto-restart'],
      'where it fails and is started again and again (activating/auto-restart)',
      ['fleetctl journal x.service', 'fleetctl status x.service'],
    ],
    [
      ['loaded', 'activating', 'start-pre'],
      'where it is still starting (activating/start-pre)',
      ['fleetctl journal x.service'],
    ],
    [
      ['loaded', 'deactivating', 'stop-sigterm'],
      'where it is stopping (deactivating/stop-sigterm)',
      ['fleetctl journal x.service'],
    ],
    [
      ['loaded', 'inactive', 'dead'],
      'where it was started and has ended (inactive/dead)',
      ['fleetctl journal x.service', 'fleetctl status x.service'],
    ],
  ] as const)('of a launched unit that systemd calls %j says "%s"', async (states, text, next) => {
    const { api, put, run } = quietStage();
    await put('x.service', hello);
    await api.setTarget('x.service' as never, 'launched');
    api.place('x.service', m1, 'launched');
    api.report('x.service', m1, states && [...states]);
    const lines = (await run('explain', 'x')).out.trimEnd().split('\n');
    expect(lines[0]).toBe(`Unit x.service is on 113f16a7.../172.17.8.103, ${text}.`);
    expect(lines.filter((line) => line.startsWith('Next: '))).toEqual(next.map((words) => `Next: ${words}`));
  });

  it.each([
    [['loaded', 'inactive', 'dead'], 'loaded and not started, as was asked for (inactive/dead)', 'start'],
    [['loaded', 'active', 'running'], 'where it is about to be stopped (active/running)', 'watch'],
  ] as const)('of a loaded unit that systemd calls %j says "%s"', async (states, text, next) => {
    const { api, put, run } = quietStage();
    await put('x.service', hello);
    await api.setTarget('x.service' as never, 'loaded');
    api.place('x.service', m1, 'loaded');
    api.report('x.service', m1, [...states]);
    const { out } = await run('explain', 'x');
    expect(out).toContain(`Unit x.service is on 113f16a7.../172.17.8.103, ${text}.\n`);
    expect(out).toContain(`Next: fleetctl ${next} x.service\n`);
  });

  it('notices that an older file of the unit still runs', async () => {
    const { api, put, run } = quietStage();
    await put('x.service', hello);
    api.report('x.service', m1, ['loaded', 'active', 'running']);
    await put('x.service', onServices);
    await api.setTarget('x.service' as never, 'launched');
    api.place('x.service', m1, 'launched');
    expect((await run('explain', 'x')).out).toContain(', where an older file of it is still active/running.\n');
  });

  it('tells of a global unit how it fares on every machine it belongs on', async () => {
    const { api, put, run } = quietStage();
    api.join('f'.repeat(32), '172.17.8.101', { purpose: 'services' });
    await put('agent.service', `${everywhere}MachineMetadata=purpose=services\n`);
    await api.setTarget('agent.service' as never, 'launched');
    api.report('agent.service', m1, ['loaded', 'failed', 'failed']);
    expect((await run('explain', 'agent')).out).toBe(
      'Unit agent.service is global, and belongs on 2 of 3 machines.\n' +
        '  113f16a7.../172.17.8.103: where it failed (failed/failed)\n' +
        '  ffffffff.../172.17.8.101: which has not reported it yet\n' +
        'What would have to change on the others:\n' +
        '  85c0c595...: needs metadata purpose=services; has no purpose (local Machine metadata insufficient)\n' +
        'Next: fleetctl ssh --machine 113f16a7 -- journalctl -u agent.service -n 20\n' +
        'Next: fleetctl status agent.service\n' +
        'Next: fleetctl ssh --machine ffffffff -- journalctl -u fleet -n 20\n',
    );
  });

  it('tells of a template which instances there are, and of an inactive unit that nobody asked', async () => {
    const { put, run } = quietStage();
    await put('redis@.service', onServices);
    await put('redis@7.service', onServices);
    expect((await run('explain', 'redis@')).out).toBe(
      'Unit redis@.service runs nowhere: a template runs as its instances, such as redis@1.service.\n' +
        'Instances there are: redis@7.service.\n' +
        'What machines would say if it were started:\n' +
        '  113f16a7.../172.17.8.103: can run it\n' +
        '  85c0c595...: needs metadata purpose=services; has no purpose (local Machine metadata insufficient)\n' +
        'Next: fleetctl start redis@1.service\n',
    );
    expect((await run('explain', 'redis@7')).out).toMatch(
      /^Unit redis@7\.service runs nowhere: nobody asked for it to be loaded or launched\.\nWhat machines would (.*\n)*Next: fleetctl start redis@7\.service\n$/,
    );
  });

  it('prints all of it as JSON', async () => {
    const { api, put, run } = stage();
    await put('hello.service', hello);
    await api.setTarget('hello.service' as never, 'launched');
    expect(JSON.parse((await run('explain', '-o', 'json', 'hello')).out)).toEqual({
      unit: 'hello.service',
      hash: '48c842a438f838dc3fc8224c67f7a4b7eb825c67',
      desiredState: 'launched',
      currentState: 'launched',
      fate: {
        kind: 'placed',
        on: m1,
        because: ['1 other machine can run it too, but units stay where they were placed'],
      },
      answers: [
        { machine: m1, obstacles: [] },
        { machine: m2, obstacles: [] },
      ],
      states: [
        {
          name: 'hello.service',
          hash: '48c842a438f838dc3fc8224c67f7a4b7eb825c67',
          machineID: m1,
          systemdLoadState: 'loaded',
          systemdActiveState: 'active',
          systemdSubState: 'running',
        },
      ],
      next: [],
    });
  });

  it.each([
    ['wbe', 'Did you mean web.service?'],
    [
      'nothing-like-it',
      'See what there is with fleetctl list-unit-files, or where a unit would go with fleetctl plan FILE.',
    ],
  ])('does not know %s, and says what may be meant', async (name, advice) => {
    const { put, run } = stage();
    await put('web.service', hello);
    expect(await run('explain', name)).toEqual({
      code: 1,
      out: '',
      err: `Unit ${name}.service does not exist.\nTry: ${advice}\n`,
    });
  });

  it.each([[[]], [['a', 'b']]])('wants one unit, not %j', async (names) => {
    expect(await stage().run('explain', ...names)).toEqual({ code: 1, out: '', err: 'One unit must be provided.\n' });
  });

  it('says when nobody answers', async () => {
    const { api, run } = stage();
    api.units = () => Promise.reject(new ApiUnreachable({ endpoint: 'unix:///fleet.sock', why: 'refused' }));
    const { code, err } = await run('explain', 'x');
    expect(code).toBe(1);
    expect(err).toMatch(/^Error retrieving unit x\.service: cannot reach .*: refused\nTry: .+\n$/);
  });
});
