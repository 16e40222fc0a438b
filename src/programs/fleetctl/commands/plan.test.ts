import { describe, expect, it } from 'vitest';
import { ApiUnreachable } from '../../../core/errors/fleet-api.ts';
import { everywhere, hello, m1, m2, type StageOptions, stage } from '../fixtures.ts';

const withFleet = (...lines: readonly string[]) => `${hello}\n[X-Fleet]\n${lines.join('\n')}\n`;
const redis = withFleet('MachineMetadata=purpose=services', 'Conflicts=redis@*.service');

/** A cluster that does nothing by itself, and how often it was written to. */
function quietStage(options: StageOptions = {}) {
  const scene = stage(options);
  scene.api.whenTargeted = () => {};
  return scene;
}

describe('plan', () => {
  it('tells where units would go and which would wait, and submits nothing', async () => {
    const { api, run } = quietStage({ files: { 'units/redis@.service': redis, 'hello.service': hello } });
    const answer = await run('plan', 'units/redis@1', 'units/redis@2', 'hello');
    expect(answer).toEqual({
      code: 1,
      err: '',
      out:
        'Unit hello.service would go to 113f16a7.../172.17.8.103: the least loaded machine that can run it\n' +
        'Unit redis@1.service would go to 113f16a7.../172.17.8.103: has metadata purpose=services; the least loaded machine that can run it\n' +
        'Unit redis@2.service would wait: no machine can run it\n' +
        '  113f16a7.../172.17.8.103: needs redis@1.service elsewhere; this unit has Conflicts=redis@*.service (found conflict with locally-scheduled Unit([redis@1.service]))\n' +
        '  85c0c595...: needs metadata purpose=services; has no purpose (local Machine metadata insufficient)\n',
    });
    expect(await api.units()).toEqual([]);
  });

  it('counts as success when every unit has a place, and a template needs none', async () => {
    const { run } = quietStage({ files: { 'hello.service': hello, 'web@.service': hello } });
    const { code, out } = await run('plan', 'hello.service', 'web@.service');
    expect(code).toBe(0);
    expect(out).toContain(
      'Unit web@.service would be stored: a template runs as its instances, such as web@1.service\n',
    );
  });

  it('tells what a unit would displace', async () => {
    const files = { 'new.service': withFleet('MachineMetadata=purpose=services', 'Replaces=old.service') };
    const { api, put, run } = quietStage({ files });
    await put('old.service', hello);
    await api.setTarget('old.service' as never, 'launched');
    api.place('old.service', m1, 'launched');
    expect(await run('plan', 'new')).toEqual({
      code: 0,
      err: '',
      out:
        'Unit new.service would go to 113f16a7.../172.17.8.103: has metadata purpose=services; the least loaded machine that can run it\n' +
        'What would become of others:\n' +
        `Unit old.service would move from 113f16a7.../172.17.8.103 to 85c0c595...: target Machine(113f16a7.../172.17.8.103) unable to run unit: found replace with locally-scheduled Unit(new.service)\n`,
    });
  });

  it('fails when another unit would lose its place', async () => {
    const files = { 'a.service': withFleet('MachineID=85c0c595a1b24d3e8f90a1b2c3d4e5f6') };
    const { api, put, run } = quietStage({ files });
    await put('a.service', hello);
    await put('follower.service', withFleet('MachineOf=a.service', 'MachineMetadata=purpose=services'));
    for (const name of ['a.service', 'follower.service']) {
      await api.setTarget(name as never, 'launched');
      api.place(name, m1, 'launched');
    }
    const { code, out } = await run('plan', '--replace', 'a');
    expect(code).toBe(1);
    expect(out).toMatch(/^Unit a\.service would move from 113f.* to 85c0c595\.\.\.: /);
    expect(out).toMatch(/\nWhat would become of others:\nUnit follower\.service would leave 113f.* and wait: /);
  });

  it('tells what a global unit would run on', async () => {
    const files = { 'g.service': everywhere, 'h.service': `${everywhere}MachineMetadata=purpose=none\n` };
    const { run } = quietStage({ files });
    expect((await run('plan', 'g')).out).toBe(
      'Unit g.service would run on 2 of 2 machines, being global; new on 113f16a7.../172.17.8.103, 85c0c595...\n',
    );
    expect(await run('plan', 'h')).toEqual({
      code: 1,
      out:
        'Unit h.service would run nowhere, though it is global: no machine can run it\n' +
        '  113f16a7.../172.17.8.103: needs metadata purpose=none; has purpose=services (local Machine metadata insufficient)\n' +
        '  85c0c595...: needs metadata purpose=none; has no purpose (local Machine metadata insufficient)\n',
      err: '',
    });
  });

  it('takes the file that the cluster has, and warns of another one here, as start does', async () => {
    const { api, put, run } = quietStage({ files: { 'hello.service': withFleet('MachineID=none') } });
    await put('hello.service', hello);
    await api.setTarget('hello.service' as never, 'launched');
    api.place('hello.service', m2, 'launched');
    expect(await run('plan', 'hello')).toEqual({
      code: 0,
      out: 'Unit hello.service would stay on 85c0c595..., and nothing would change\n',
      err: 'WARNING: Unit hello.service in registry differs from local unit file hello.service. Add --replace to override.\n',
    });
    const { code, out } = await run('plan', '--replace', 'hello');
    expect(code).toBe(1);
    expect(out).toMatch(/^Unit hello\.service would leave 85c0c595\.\.\. and wait: /);
  });

  it('takes the template that the cluster has', async () => {
    const { put, run } = quietStage();
    await put('redis@.service', redis);
    expect((await run('plan', 'redis@1')).out).toMatch(/^Unit redis@1\.service would go to 113f16a7/);
  });

  it('says when there is no machine', async () => {
    const { api, run } = quietStage({ files: { 'hello.service': hello } });
    api.leave(m1);
    api.leave(m2);
    expect(await run('plan', 'hello')).toEqual({
      code: 1,
      out: 'Unit hello.service would wait: there is no machine\n',
      err: '',
    });
  });

  it.each([
    ['nowhere', 'unable to find Unit(nowhere.service) in Registry or on filesystem'],
    [
      'web@1',
      'failed getting Unit(web@1.service) from template: unable to find template Unit(web@.service) in Registry or on filesystem',
    ],
    ['bad', 'failed getting Unit(bad.service) from file: '],
    ['a{b}', "invalid character '{' in unit name"],
  ])('refuses %s in the words of start', async (arg, why) => {
    const scene = () => quietStage({ files: { 'bad.service': '[Service\n', 'a{b}.service': hello } });
    const planned = await scene().run('plan', arg);
    const started = await scene().run('start', arg);
    expect(planned.code).toBe(1);
    expect(planned.out).toBe('');
    expect(planned.err).toContain(`Error planning units: ${why}`);
    expect(planned.err.replace('planning', 'creating')).toBe(started.err);
  });

  it('warns of requirements that mean nothing', async () => {
    const { run } = quietStage({ files: { 'hello.service': withFleet('MachineIdd=x') } });
    const { code, err } = await run('plan', 'hello');
    expect(code).toBe(0);
    expect(err).toContain('Unit hello.service: unrecognized requirement in [X-Fleet] section: "MachineIdd"');
  });

  it('prints the plan as JSON and nothing else', async () => {
    const { put, run } = quietStage({ files: { 'redis@.service': redis, 'hello.service': hello } });
    await put('hello.service', hello);
    const { code, out } = await run('plan', '-o', 'json', '--replace', 'redis@1', 'hello');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      submitted: [
        { kind: 'placed', unit: 'hello.service', on: m1, because: ['the least loaded machine that can run it'] },
        {
          kind: 'placed',
          unit: 'redis@1.service',
          on: m1,
          because: ['has metadata purpose=services', 'the least loaded machine that can run it'],
        },
      ],
      others: [],
    });
  });

  it('has nothing to tell when no unit is given', async () => {
    expect(await stage().run('plan')).toEqual({ code: 0, out: '', err: 'No units given\n' });
  });

  it('says when nobody answers', async () => {
    const { api, run } = quietStage({ files: { 'hello.service': hello } });
    api.units = () => Promise.reject(new ApiUnreachable({ endpoint: 'unix:///fleet.sock', why: 'refused' }));
    const { code, err } = await run('plan', 'hello');
    expect(code).toBe(1);
    expect(err).toMatch(/^Error planning units: cannot reach .*: refused\nTry: .+\n$/);
  });
});
