import { describe, expect, it } from 'vitest';
import type { ApiUnit } from '../../../core/api/entities.ts';
import type { UnitNews } from '../../../core/api/follow.ts';
import { ApiRefused, ApiUnreachable } from '../../../core/errors/fleet-api.ts';
import { isGlobal } from '../../../core/unit/index.ts';
import { obedient } from '../../../ports/fleet-api/memory.ts';
import { everywhere, hello, m1, m2, stage } from '../fixtures.ts';

const place = '113f16a7.../172.17.8.103';
const files = { 'hello.service': hello, 'web@.service': hello, 'g.service': everywhere };
const inState = async (state: 'inactive' | 'loaded' | 'launched', unit = 'hello.service', text = hello) => {
  const theatre = stage({ files });
  await theatre.put(unit, text);
  await theatre.api.setTarget(unit as never, state);
  return theatre;
};
const target = async ({ api }: ReturnType<typeof stage>, unit = 'hello.service') =>
  (await api.unit(unit as never))?.desired;

describe('start', () => {
  it('creates, launches, and tells where', async () => {
    expect(await stage({ files }).run('start', 'hello')).toEqual({
      code: 0,
      out: `Unit hello.service inactive\nUnit hello.service launched on ${place}\n`,
      err: '',
    });
  });

  it('says nothing and waits for nothing when the unit was started before', async () => {
    expect(await (await inState('launched')).run('start', 'hello')).toEqual({ code: 0, out: '', err: '' });
  });

  it('does not wait for global units', async () => {
    const theatre = await inState('inactive', 'g.service', everywhere);
    theatre.api.whenTargeted = () => {};
    expect((await theatre.run('start', 'g')).out).toBe('Triggered global unit g.service start\n');
  });

  it('does not wait when told not to, and says so once', async () => {
    const theatre = await inState('inactive');
    theatre.api.whenTargeted = () => {};
    expect(await theatre.run('start', '--no-block', 'hello')).toEqual({
      code: 0,
      out: 'Triggered unit hello.service start\n',
      err: '',
    });
  });

  it('tells that a template cannot run', async () => {
    const { code, out, err } = await stage({ files }).run('start', 'web@.service');
    expect({ code, out }).toEqual({ code: 1, out: 'Unit web@.service inactive\n' });
    expect(err).toBe(
      'Error starting units: googleapi: Error 400: cannot activate template "web@.service"\n' +
        'Try: Start an instance of it: fleetctl start web@1.service.\n',
    );
  });

  it('gives up after the attempts that it was given', async () => {
    const theatre = await inState('inactive');
    theatre.api.whenTargeted = () => {};
    const { code, out, err } = await theatre.runForLong('start', '--block-attempts=2', 'hello');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(theatre.clock.now()).toBe(4_000);
    const why = 'timed out waiting for unit hello.service to report state launched';
    expect(err).toMatch(
      new RegExp(`^Error waiting for units: ${why}\nError waiting for unit states, exit status: ${why}\nTry: `),
    );
  });

  it('starts many at once, and prints them as they come', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `web@${index}.service`);
    const { code, out } = await stage({ files }).run('start', ...names);
    expect(code).toBe(0);
    expect(out.split('\n').filter((line) => line.includes('launched on'))).toHaveLength(12);
  });

  it('asks again and again where there is no stream of changes', async () => {
    const theatre = await inState('inactive');
    theatre.api.streamsChanges = false;
    theatre.api.whenTargeted = (unit, api) =>
      void theatre.clock.sleep(600 as never).then(() => obedient(m2)(unit, api));
    const { code, out } = await theatre.runForLong('start', 'hello');
    expect({ code, out }).toEqual({ code: 0, out: 'Unit hello.service launched on 85c0c595...\n' });
    expect(theatre.clock.now()).toBe(750);
  });

  it('waits out trouble with the API, and says so once', async () => {
    const theatre = await inState('inactive');
    theatre.api.streamsChanges = false;
    const ask = theatre.api.unit.bind(theatre.api);
    let asked = 0;
    theatre.api.unit = (name) => {
      asked++;
      return asked === 3 || asked === 4
        ? Promise.reject(
            new ApiRefused({ status: 503, message: 'fleet server unable to communicate with etcd', body: '' }),
          )
        : ask(name);
    };
    const { code, err } = await theatre.runForLong('start', 'hello');
    expect(code).toBe(0);
    expect(
      err.match(/WARN .*googleapi: Error 503: fleet server unable to communicate with etcd; asking again\n/g),
    ).toHaveLength(1);
  });

  it('goes on by asking while it hears nothing, and listens again', async () => {
    const theatre = await inState('inactive');
    const { api } = theatre;
    const follow = api.follow.bind(api);
    let followed = 0;
    api.follow = async (names, stop) => {
      followed++;
      if (followed === 2) throw new ApiUnreachable({ endpoint: 'x', why: 'refused' });
      const news = (await follow(names, stop)) as AsyncIterable<UnitNews>;
      return followed === 1 ? oneOf(news) : news;
    };
    api.whenTargeted = (unit) => void theatre.clock.sleep(700 as never).then(() => obedient(m2)(unit, api));
    const { code, out, err } = await theatre.runForLong('start', 'hello');
    expect({ code, out, err }).toEqual({ code: 0, out: 'Unit hello.service launched on 85c0c595...\n', err: '' });
    expect([followed, theatre.clock.now()]).toEqual([3, 700]);
  });

  it('does not wait for a unit that is destroyed meanwhile', async () => {
    const theatre = await inState('inactive');
    theatre.api.whenTargeted = (unit, api) =>
      void theatre.clock.sleep(600 as never).then(() => unit.desired === 'launched' && api.removeUnit(unit.name));
    const { code, err } = await theatre.runForLong('start', 'hello');
    expect(code).toBe(1);
    expect(err).toMatch(/^Error waiting for units: unit hello\.service was destroyed while it was waited for\n/);
  });
});

async function* oneOf<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  for await (const one of source) {
    yield one;
    return;
  }
}

describe('load and start of a unit that the cluster', () => {
  it.each([
    ['load', 'loading'],
    ['start', 'starting'],
  ])('lost meanwhile: %s', async (command, doing) => {
    const theatre = await inState('inactive');
    const ask = theatre.api.unit.bind(theatre.api);
    let asked = 0;
    theatre.api.unit = async (name) => (++asked === 1 ? ask(name) : undefined);
    const { code, err } = await theatre.run(command, 'hello');
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`^Error ${doing} units: unable to find unit hello\\.service\nTry: `));
  });

  it.each([
    ['load', 'loading'],
    ['start', 'starting'],
  ])('does not tell about: %s', async (command, doing) => {
    const theatre = await inState('inactive');
    const ask = theatre.api.unit.bind(theatre.api);
    let asked = 0;
    theatre.api.unit = async (name) => {
      if (++asked === 1) return ask(name);
      throw new ApiRefused({ status: 500, message: '', body: '' });
    };
    const { code, err } = await theatre.run(command, 'hello');
    expect(code).toBe(1);
    expect(err).toMatch(
      new RegExp(
        `^Error ${doing} units: error retrieving unit hello\\.service from registry: googleapi: got HTTP response code 500 with body: \n`,
      ),
    );
  });
});

describe('start and what systemd makes of the unit', () => {
  /** The unit goes through these states, one every so many milliseconds after it was launched. */
  const going = async (steps: readonly (readonly [at: number, active: string, sub: string])[], ...flags: string[]) => {
    const theatre = await inState('inactive');
    const { api, clock } = theatre;
    api.whenTargeted = (unit) => {
      if (unit.desired !== 'launched') return;
      api.place(unit.name, m1, 'launched');
      for (const [at, active, sub] of steps) {
        void clock.sleep(at as never).then(() => api.report(unit.name, m1, ['loaded', active, sub]));
      }
    };
    const outcome = await theatre.runForLong('start', ...flags, 'hello');
    return { ...outcome, took: clock.now() };
  };

  it.each([
    [
      'that runs',
      [
        [100, 'activating', 'start-pre'],
        [300, 'active', 'running'],
      ],
      300,
    ],
    [
      'that pulls an image for a minute',
      [
        [100, 'activating', 'start-pre'],
        [60_000, 'active', 'running'],
      ],
      60_000,
    ],
    [
      'that ended well at once',
      [
        [100, 'activating', 'start'],
        [200, 'inactive', 'dead'],
      ],
      200,
    ],
    ['that ended before anybody saw it run', [[100, 'inactive', 'dead']], 2_000],
    [
      'that failed once and runs now',
      [
        [100, 'failed', 'failed'],
        [500, 'active', 'running'],
      ],
      500,
    ],
  ] as const)('is content with a unit %s', async (_name, steps, took) => {
    expect(await going(steps)).toMatchObject({ code: 0, err: '', took });
  });

  it.each([
    ['that failed', [[100, 'failed', 'failed']]],
    ['that fails again and again', [[100, 'active', 'running'].with(1, 'activating').with(2, 'auto-restart')]],
    ['that nobody reports', []],
  ] as const)('says so of a unit %s', async (_name, steps) => {
    const { code, err, took } = await going(steps as never);
    expect({ code, took }).toEqual({ code: 1, took: 2_000 });
    const why = 'Failed to find an active unit hello.service within 2s, err: Failed to fetch states within 2s';
    expect(err).toBe(
      `Error waiting for units: ${why}\nError waiting for systemd unit states, err: ${why}\n` +
        'Try: Look at what it says: fleetctl status hello.service; fleetctl journal hello.service.\n',
    );
  });

  it('has no more patience with a slow start than it was given', async () => {
    expect(await going([[100, 'activating', 'start-pre']], '--block-attempts=3')).toMatchObject({
      code: 1,
      took: 8_000,
    });
  });
});

it('load loads, and lets a running unit stop', async () => {
  const theatre = await inState('launched');
  expect(await theatre.run('load', 'hello')).toEqual({
    code: 0,
    out: `Unit hello.service loaded on ${place}\n`,
    err: '',
  });
});

describe('stop', () => {
  it('stops what runs', async () => {
    const theatre = await inState('launched');
    expect(await theatre.run('stop', 'hello', 'unknown')).toEqual({
      code: 0,
      out: `Unit hello.service loaded on ${place}\n`,
      err: 'Successfully stopped units [hello.service].\n',
    });
  });

  it('refuses what is not loaded', async () => {
    expect(await (await inState('inactive')).run('stop', 'hello')).toEqual({
      code: 1,
      out: '',
      err: 'Unable to stop unit hello.service in state inactive\n',
    });
  });

  it('skips what is stopped', async () => {
    expect(await (await inState('loaded')).run('stop', 'hello')).toEqual({
      code: 0,
      out: '',
      err: 'Successfully stopped units [].\n',
    });
  });

  it('stops a unit that is on its way to being launched', async () => {
    const theatre = await inState('launched');
    theatre.api.place('hello.service', m1, 'loaded');
    await theatre.run('stop', 'hello');
    expect(await target(theatre)).toBe('loaded');
  });

  it('says when it cannot wait any longer', async () => {
    const theatre = await inState('launched');
    theatre.api.whenTargeted = () => {};
    const { code, err } = await theatre.runForLong('stop', '--block-attempts=1', 'hello');
    const why = 'timed out waiting for unit hello.service to report state loaded';
    expect(code).toBe(1);
    expect(err).toMatch(`Error waiting for units: ${why}\nFailed to stop units [hello.service]. err: ${why}\n`);
  });

  it.each(['stop', 'unload'])('%s knows global units and --no-block', async (command) => {
    const theatre = await inState('launched', 'g.service', everywhere);
    await theatre.put('hello.service', hello);
    await theatre.api.setTarget('hello.service' as never, 'launched');
    theatre.api.whenTargeted = () => {};
    const done = command === 'stop' ? 'stopped' : 'unloaded';
    expect(await theatre.run(command, '--no-block', 'g', 'hello')).toEqual({
      code: 0,
      out: `Triggered global unit g.service ${command}\nTriggered unit hello.service ${command}\n`,
      err: `Successfully ${done} units [hello.service].\n`,
    });
  });

  it.each(['stop', 'unload', 'destroy'])('%s of nothing that is known is no failure', async (command) => {
    expect(await stage().run(command, 'a', 'b')).toEqual({ code: 0, out: '', err: 'Units not found in registry\n' });
  });
});

describe('unload', () => {
  it('takes a unit off its machine', async () => {
    expect(await (await inState('launched')).run('unload', 'hello')).toEqual({
      code: 0,
      out: 'Unit hello.service inactive\n',
      err: 'Successfully unloaded units [hello.service].\n',
    });
  });

  it('skips what is inactive', async () => {
    expect((await (await inState('inactive')).run('unload', 'hello')).err).toBe('Successfully unloaded units [].\n');
  });

  it('cancels a unit that no machine takes', async () => {
    const theatre = await inState('launched');
    theatre.api.place('hello.service', undefined, 'inactive');
    await theatre.run('unload', 'hello');
    expect(await target(theatre)).toBe('inactive');
  });
});

describe('destroy', () => {
  it('removes units in the order in which they are named', async () => {
    const theatre = await inState('launched');
    await theatre.put('a.service', hello);
    expect(await theatre.run('destroy', 'hello', 'nope', 'a')).toEqual({
      code: 0,
      out: 'Destroyed hello.service\nDestroyed a.service\n',
      err: '',
    });
    expect(await theatre.api.units()).toEqual([]);
  });

  it('takes no offence at a unit that somebody else removed meanwhile', async () => {
    const theatre = await inState('inactive');
    const [unit] = await theatre.api.units();
    const ask = theatre.api.units.bind(theatre.api);
    theatre.api.units = async () => {
      theatre.api.units = ask;
      return [unit as ApiUnit, { ...(unit as ApiUnit), name: 'gone.service' as never }];
    };
    expect(await theatre.run('destroy', 'gone', 'hello')).toMatchObject({
      code: 0,
      out: 'Destroyed gone.service\nDestroyed hello.service\n',
    });
  });

  it('goes on after a failure, and ends with it', async () => {
    const theatre = await inState('inactive');
    await theatre.put('a.service', hello);
    const remove = theatre.api.removeUnit.bind(theatre.api);
    theatre.api.removeUnit = (name) =>
      name === 'a.service' ? Promise.reject(new ApiRefused({ status: 500, message: '', body: '' })) : remove(name);
    const { code, out, err } = await theatre.run('destroy', 'a', 'hello');
    expect({ code, out }).toEqual({ code: 1, out: 'Destroyed hello.service\n' });
    expect(err).toMatch(/^Error destroying units: googleapi: got HTTP response code 500 with body: \n/);
  });

  it('waits until the unit is gone, unless told not to', async () => {
    const theatre = await inState('inactive');
    theatre.api.removeUnit = async () => true;
    expect(await theatre.run('destroy', '--no-block', 'hello')).toMatchObject({ out: 'Destroyed hello.service\n' });
    expect(await theatre.runForLong('destroy', '--block-attempts=1', 'hello')).toMatchObject({ code: 1, out: '' });
  });
});

describe('restart', () => {
  it('stops what runs and starts it again', async () => {
    const theatre = await inState('launched');
    const seen: string[] = [];
    theatre.api.whenTargeted = (unit, api) => {
      seen.push(unit.desired);
      obedient(m1)(unit, api);
    };
    const { code, out, err } = await theatre.run('restart', 'hello');
    expect({ code, out, seen }).toEqual({
      code: 0,
      out: `Unit hello.service loaded on ${place}\nUnit hello.service launched on ${place}\n`,
      seen: ['loaded', 'launched'],
    });
    expect(err).toMatch(/ INFO .*: Unit\(hello\.service\) was restarted\.\n$/);
  });

  it('starts what is loaded', async () => {
    const { out, err } = await (await inState('loaded')).run('restart', 'hello');
    expect(out).toBe(`Unit hello.service launched on ${place}\n`);
    expect(err).toMatch(/ INFO .*: Unit\(hello\.service\) already loaded, starting\.\n$/);
  });

  it('does not start what is inactive, nor what it had to create', async () => {
    const theatre = await inState('inactive');
    expect(await theatre.run('restart', 'hello', 'web@1')).toEqual({
      code: 0,
      out: 'Unit web@1.service inactive\n',
      err: 'Unable to restart unit hello.service in state inactive\n',
    });
    expect(await target(theatre, 'web@1.service')).toBe('inactive');
  });

  it('fails for a unit that is nowhere', async () => {
    const { code, err } = await stage().run('restart', 'nope');
    expect(code).toBe(1);
    expect(err).toMatch(/^Error creating units: unable to find Unit\(nope\.service\)/);
  });

  it('says that a target state could not be set, and that a state did not come', async () => {
    const theatre = await inState('launched');
    theatre.api.setTarget = () => Promise.reject(new ApiRefused({ status: 500, message: '', body: '' }));
    expect(await theatre.run('restart', 'hello')).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^Error setting target state for unit hello\.service: googleapi: got HTTP response code 500/,
      ),
    });
    const silent = await inState('launched');
    silent.api.whenTargeted = () => {};
    expect(await silent.runForLong('restart', '--block-attempts=1', 'hello')).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^Error waiting for unit states, exit status: timed out waiting for unit hello\.service to report state loaded\n/,
      ),
    });
  });

  it('restarts a global unit on every machine that reports it', async () => {
    const theatre = stage({ here: m1, machines: { '172.17.8.102:22': () => 0 } });
    theatre.api.join(m2, '172.17.8.102');
    await theatre.put('g.service', everywhere);
    expect(isGlobal((await theatre.api.unit('g.service' as never))?.options ?? [])).toBe(true);
    for (const machine of [m1, m2]) theatre.api.report('g.service', machine, ['loaded', 'active', 'running']);
    expect((await theatre.run('restart', 'g')).code).toBe(0);
    expect(theatre.local).toEqual([['systemctl', 'restart', 'g.service']]);
    expect(theatre.ssh.asked).toEqual(['172.17.8.102:22 run systemctl "restart" "g.service"']);
  });
});
