import { describe, expect, it } from 'vitest';
import { seconds } from '../../../core/base/time.ts';
import { ApiUnreachable } from '../../../core/errors/fleet-api.ts';
import { settled } from '../../../ports/clock/manual.ts';
import { everywhere, hello, m1, m2, type Stage, stage } from '../fixtures.ts';

const gone = () => Promise.reject(new ApiUnreachable({ endpoint: 'unix:///fleet.sock', why: 'refused' }));
/** The stage's clock stands at 03:04:05; looks are a fraction of a second apart. */
const time = /^2026\/01\/02 03:0[4-9]:\d\d\t/gm;

/** Lets what happened be seen. */
async function soon({ clock }: Stage): Promise<void> {
  // Whoever watches waits for the clock, too.
  while (clock.nextDue() === undefined) await settled();
  await clock.advance(seconds(2));
}

/** What is printed between two moments, without the times. */
function reader(text: () => string) {
  let read = 0;
  return () => {
    const news = text().slice(read);
    read += news.length;
    return news.replace(time, '');
  };
}

describe.each([true, false])('watch (the server streams changes: %s)', (streamsChanges) => {
  const watching = async (...argv: readonly string[]) => {
    const scene = stage();
    scene.api.streamsChanges = streamsChanges;
    await scene.put('hello.service', hello);
    const running = scene.begin('watch', ...argv);
    await soon(scene);
    return { ...scene, scene, running, news: reader(running.out), errors: reader(running.err) };
  };

  it('tells what is there, then each change, until ^C', async () => {
    const { scene, running, news, api } = await watching();
    expect(news()).toBe(
      'machine 113f16a7.../172.17.8.103\tpresent\tip 172.17.8.103, metadata purpose=services\n' +
        'machine 85c0c595...\tpresent\tip -, metadata -\n' +
        'unit hello.service\tpresent\thash 48c842a, dstate inactive, target -, state inactive\n',
    );
    api.whenTargeted = () => {};
    await api.setTarget('hello.service' as never, 'launched');
    api.place('hello.service', m1, 'loaded');
    await soon(scene);
    expect(news()).toBe(
      'unit hello.service\tdstate\tinactive -> launched\n' +
        'unit hello.service\ttarget\t- -> 113f16a7.../172.17.8.103\n' +
        'unit hello.service\tstate\tinactive -> loaded\n',
    );
    api.report('hello.service', m1, ['loaded', 'activating', 'start-pre']);
    await soon(scene);
    api.report('hello.service', m1, ['loaded', 'active', 'running']);
    await soon(scene);
    expect(news()).toBe(
      'unit hello.service on 113f16a7.../172.17.8.103\tnew\tload loaded, active activating/start-pre, hash 48c842a\n' +
        'unit hello.service on 113f16a7.../172.17.8.103\tactive\tactivating/start-pre -> active/running\n',
    );
    api.leave(m1);
    await soon(scene);
    expect(news()).toBe(
      'machine 113f16a7.../172.17.8.103\tgone\tip 172.17.8.103, metadata purpose=services\n' +
        'unit hello.service on 113f16a7.../172.17.8.103\tgone\tload loaded, active active/running, hash 48c842a\n',
    );
    scene.interrupt();
    expect(await running.code).toBe(0);
    expect(running.err()).toBe('');
  });

  it('is about the named units only, also about one that comes later', async () => {
    const { scene, news, put, api } = await watching('later', 'hello.service');
    expect(news()).toBe('unit hello.service\tpresent\thash 48c842a, dstate inactive, target -, state inactive\n');
    await put('other.service', hello);
    await put('later.service', everywhere);
    api.join('newcomer');
    await soon(scene);
    expect(news()).toBe('unit later.service\tnew\thash 93d70f5, dstate inactive, target global, state -\n');
    scene.interrupt();
  });

  it('leaves out what was there before', async () => {
    const { scene, news, api } = await watching('--changes-only');
    expect(news()).toBe('');
    await api.removeUnit('hello.service' as never);
    await soon(scene);
    expect(news()).toBe('unit hello.service\tgone\thash 48c842a, dstate inactive, target -, state inactive\n');
    scene.interrupt();
  });

  it('prints one JSON object per line', async () => {
    const { scene, running, api } = await watching('-o', 'json', 'hello');
    await api.setTarget('hello.service' as never, 'launched');
    await soon(scene);
    scene.interrupt();
    await running.code;
    const [present, dstate, target] = running
      .out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(present).toEqual({
      time: expect.stringMatching(/^2026-01-0\dT\d\d:\d\d:\d\d\.\d\d\dZ$/),
      kind: 'unit',
      unit: 'hello.service',
      change: 'present',
      from: null,
      to: { hash: '48c842a438f838dc3fc8224c67f7a4b7eb825c67', dstate: 'inactive', target: '', state: 'inactive' },
    });
    expect(dstate).toMatchObject({ change: 'changed', field: 'dstate', from: 'inactive', to: 'launched' });
    expect(target).toMatchObject({ change: 'changed', field: 'target', from: '', to: m1 });
  });

  it('says once that the connection is lost, and goes on when it is there again', async () => {
    const { scene, running, news, errors, api, put } = await watching();
    news();
    const { units, changes } = api;
    api.units = gone;
    api.changes = gone;
    await put('second.service', hello);
    await soon(scene);
    await soon(scene);
    expect(errors()).toBe(
      'Lost the connection to the cluster, trying again: cannot reach the fleet API at unix:///fleet.sock: refused\n',
    );
    expect(news()).toBe('');
    Object.assign(api, { units, changes });
    await soon(scene);
    expect(errors()).toBe('Connected again.\n');
    expect(news()).toBe('unit second.service\tnew\thash 48c842a, dstate inactive, target -, state inactive\n');
    scene.interrupt();
    expect(await running.code).toBe(0);
  });

  it('fails when there was never a connection', async () => {
    const scene = stage();
    scene.api.streamsChanges = streamsChanges;
    Object.assign(scene.api, { units: gone });
    const { code, out, err } = await scene.run('watch');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^Error watching the cluster: cannot reach .*: refused\nTry: .+\n$/);
  });

  it('notices a server that does not answer any more', async () => {
    const { scene, running, news, errors, api, put } = await watching();
    news();
    const { units } = api;
    api.units = () => new Promise(() => {});
    await put('second.service', hello);
    await soon(scene);
    await scene.clock.advance(seconds(12));
    expect(errors()).toBe(
      'Lost the connection to the cluster, trying again: the fleet API says nothing any more: no answer within 10 s\n',
    );
    api.units = units;
    await scene.clock.advance(seconds(12));
    expect(news()).toBe('unit second.service\tnew\thash 48c842a, dstate inactive, target -, state inactive\n');
    scene.interrupt();
    expect(await running.code).toBe(0);
  });

  it('ends at ^C also while the server is silent', async () => {
    const { scene, running, api, put } = await watching();
    api.units = () => new Promise(() => {});
    await put('second.service', hello);
    await soon(scene);
    scene.interrupt();
    expect(await running.code).toBe(0);
  });
});

it('opens another stream when one ends', async () => {
  const scene = stage();
  const { api } = scene;
  const cut = new AbortController();
  const changes = api.changes.bind(api);
  api.changes = () => changes(cut.signal);
  const running = scene.begin('watch', '--changes-only');
  await soon(scene);
  api.changes = changes;
  cut.abort();
  await soon(scene);
  expect(running.err()).toBe(
    'Lost the connection to the cluster, trying again: the fleet API says nothing any more: the connection ended\n' +
      'Connected again.\n',
  );
  api.join(m2, '172.17.8.102');
  await soon(scene);
  expect(running.out().replace(time, '')).toBe('machine 85c0c595.../172.17.8.102\tip\t- -> 172.17.8.102\n');
  scene.interrupt();
  expect(await running.code).toBe(0);
});

it('looks now and then although no change was told', async () => {
  const scene = stage();
  scene.api.changes = async () =>
    (async function* () {
      yield;
      await new Promise(() => {});
    })();
  const running = scene.begin('watch', '--changes-only');
  await soon(scene);
  scene.api.join(m2, '172.17.8.102');
  await scene.clock.advance(seconds(20));
  expect(running.out()).toContain('- -> 172.17.8.102');
  scene.interrupt();
});
