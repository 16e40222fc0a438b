import { describe, expect, it } from 'vitest';
import { paths } from '../../../core/api/paths.ts';
import { ms } from '../../../core/base/time.ts';
import { call, isActive, submit, TestCluster } from '../fixtures.ts';

const sleeper = '[Service]\nExecStart=/bin/sleep infinity\n';

const joined = async () => {
  const cluster = new TestCluster();
  const { api, registry } = cluster.start('m1', { tokenLimit: 2 });
  return { cluster, api, registry, [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]() };
};
const lines = (response: Response) => {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const next = async () => {
    const { value, done } = await reader.read();
    return done ? undefined : new TextDecoder().decode(value);
  };
  return { next, cancel: () => reader.cancel() };
};
const failure = async (response: Response) => ({ status: response.status, body: await response.json() });

describe('the API', () => {
  it.each([
    ['GET', '/fleet/v1/nothing', 404, ''],
    ['GET', '/fleet/v1/units/', 404, ''],
    ['GET', '/fleet/v1/units/a/b', 404, ''],
    ['GET', '/fleet/v1/machines/', 404, ''],
    ['GET', '/', 405, ''],
    ['GET', '/fleet/v1', 405, ''],
    ['GET', '/v1-alpha', 405, ''],
    ['POST', '/fleet/v1/discovery', 400, 'only HTTP GET supported against this resource'],
    ['PUT', '/fleet/v1/machines', 405, 'only GET and PATCH supported against this resource'],
    ['GET', '/fleet/v1/batch', 405, 'only POST supported against this resource'],
    ['DELETE', '/fleet/v1/units', 405, 'only GET supported against this resource'],
    ['PATCH', '/fleet/v1/units/a.service', 405, 'only GET, PUT and DELETE supported against this resource'],
    ['PUT', '/fleet/v1/state', 405, 'only GET supported against this resource'],
    ['DELETE', '/fleet/v1/state/a.service', 405, 'only GET supported against this resource'],
    ['GET', '/fleet/v1/units/none.service', 404, 'unit does not exist'],
    ['DELETE', '/fleet/v1/units/none.service', 404, 'unit does not exist'],
    ['GET', '/fleet/v1/state/none.service', 404, 'unit state does not exist'],
    ['GET', '/fleet/v1/units?nextPageToken=x', 400, 'illegal base64 data at input byte 0'],
    ['GET', '/fleet/v1/machines?nextPageToken=EwBMLg%3D%3D', 400, 'token limit must be 2'],
  ])('answers %s %s with %i %j', async (method, path, status, message) => {
    await using world = await joined();
    const response = await call(world.api, method, path);
    expect(response.headers.get('server')).toBe('fleetd/1.0.0');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await failure(response)).toEqual({ status, body: { error: { code: status, message } } });
  });

  it('answers 503 and nothing else while the machine is not in the cluster', async () => {
    await using cluster = new TestCluster();
    const { api, registry } = cluster.start('m1');
    registry.line.cut();
    for (const path of ['/', '/fleet/v1/nothing', '/fleet/v1/units', '/fleet/v1/changes']) {
      const response = await call(api, 'GET', path);
      const error = { code: 503, message: 'fleet server unable to communicate with etcd' };
      expect(response.headers.get('server')).toBeNull();
      expect(await failure(response)).toEqual({ status: 503, body: { error } });
    }
  });

  it('answers 500 without a word, and logs, when the registry fails under a request', async () => {
    await using cluster = new TestCluster();
    const { api, registry, log } = cluster.start('m1');
    await call(api, 'GET', '/fleet/v1/units');
    registry.line.cut();
    expect(await failure(await call(api, 'GET', '/fleet/v1/units'))).toEqual({
      status: 500,
      body: { error: { code: 500, message: '' } },
    });
    expect(log.events.at(-1)).toMatchObject({ level: 'error', event: 'Failed answering a request:' });
  });

  it('creates with 201, sets a state with 204, replaces with 201', async () => {
    await using world = await joined();
    expect(await submit(world.api, 'a.service', sleeper, 'inactive')).toBe(201);
    expect(await submit(world.api, 'a.service', sleeper, 'loaded')).toBe(204);
    expect(await submit(world.api, 'a.service', `${sleeper}Restart=always\n`, 'inactive')).toBe(201);
    const refused = await call(world.api, 'PUT', paths.unit('b.service'), { desiredState: 'launched' });
    expect(await failure(refused)).toMatchObject({
      status: 409,
      body: { error: { message: 'unit does not exist and options field empty' } },
    });
  });

  it('puts many units at once, up to the one that it refuses', async () => {
    await using world = await joined();
    const { options } = { options: [{ section: 'Service', name: 'ExecStart', value: '/bin/true' }] };
    const units = [
      { name: 'a.service', options },
      { name: 'b.service', options, desiredState: 'loaded' },
      { name: 'c@.service', options, desiredState: 'launched' },
      { name: 'd.service', options },
    ];
    const response = await call(world.api, 'POST', paths.batch, { units });
    expect(await failure(response)).toEqual({
      status: 200,
      body: { done: 2, error: { code: 400, message: 'cannot activate template "c@.service"' } },
    });
    const { units: stored } = await world.registry.read();
    expect(stored.map(({ name, target }) => [name, target])).toEqual([
      ['a.service', 'inactive'],
      ['b.service', 'loaded'],
    ]);
  });

  it('answers lists in pages, and an empty one with an empty object', async () => {
    await using world = await joined();
    expect(await (await call(world.api, 'GET', '/v1-alpha/units')).json()).toEqual({});
    for (const name of ['c', 'a', 'b']) await submit(world.api, `${name}.service`, sleeper, 'inactive');
    const first = (await (await call(world.api, 'GET', paths.units)).json()) as UnitPage;
    expect(first.units.map(({ name }) => name)).toEqual(['a.service', 'b.service']);
    const token = encodeURIComponent(first.nextPageToken ?? '');
    const second = (await (await call(world.api, 'GET', `${paths.units}?nextPageToken=${token}`)).json()) as UnitPage;
    expect(second).toMatchObject({
      units: [{ name: 'c.service', desiredState: 'inactive', currentState: 'inactive' }],
    });
    expect(second).not.toHaveProperty('nextPageToken');
  });

  it('shows the state of one unit and the states of one machine', async () => {
    await using world = await joined();
    await submit(world.api, 'a.service', sleeper);
    await world.cluster.until(() => isActive(world.api, 'a.service'));
    const one = await (await call(world.api, 'GET', paths.state('a.service'))).json();
    expect(one).toMatchObject({ name: 'a.service', machineID: 'm1', systemdActiveState: 'active' });
    const none = await (await call(world.api, 'GET', `${paths.states}?machineID=m2`)).json();
    expect(none).toEqual({});
  });

  it('answers a metadata patch with 204 and a content type', async () => {
    await using world = await joined();
    const response = await call(world.api, 'PATCH', paths.machines, []);
    expect(response.status).toBe(204);
    expect(response.headers.get('content-type')).toBe('application/json');
  });

  it('describes itself', async () => {
    await using world = await joined();
    const document = await (await call(world.api, 'GET', paths.discovery)).json();
    expect(document).toMatchObject({
      id: 'fleet:v1',
      schemas: { Unit: { properties: { machineID: { required: true } } } },
      resources: { Units: { methods: { Set: { httpMethod: 'PUT', path: 'units/{unitName}' } } } },
    });
  });
});

describe('the stream of changes', () => {
  it('has a line at once and one after every change', async () => {
    await using world = await joined();
    const response = await call(world.api, 'GET', paths.changes);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const { next, cancel } = lines(response);
    expect(await next()).toBe('{}\n');
    const change = next();
    await submit(world.api, 'a.service', sleeper, 'inactive');
    expect(await change).toBe('{}\n');
    await cancel();
  });

  it('merges the changes of which nobody has read yet', async () => {
    await using world = await joined();
    const { next, cancel } = lines(await call(world.api, 'GET', paths.changes));
    await next();
    for (const name of ['a', 'b', 'c']) await submit(world.api, `${name}.service`, sleeper, 'inactive');
    expect(await next()).toBe('{}\n');
    await submit(world.api, 'd.service', sleeper, 'inactive');
    expect(await next()).toBe('{}\n');
    await cancel();
  });

  it('ends when the machine leaves the cluster', async () => {
    await using cluster = new TestCluster();
    const daemon = cluster.start('m1');
    const { next } = lines(await call(daemon.api, 'GET', paths.changes));
    await next();
    const ended = (async () => {
      while ((await next()) !== undefined);
    })();
    await daemon.end('leave');
    await ended;
  });
});

describe('the news of units', () => {
  it('are all that there is about those that are asked for, then each change, until the machine leaves', async () => {
    await using cluster = new TestCluster();
    const daemon = cluster.start('m1');
    await submit(daemon.api, 'a.service', sleeper, 'inactive');
    await submit(daemon.api, 'b.service', sleeper, 'inactive');
    const response = await call(daemon.api, 'GET', `${paths.follow}?unitName=a.service`);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const { next } = lines(response);
    const options = [{ name: 'ExecStart', section: 'Service', value: '/bin/sleep infinity' }];
    const inactive = { currentState: 'inactive', desiredState: 'inactive', name: 'a.service', options };
    expect(JSON.parse((await next()) ?? '')).toEqual({ units: [inactive] });
    await submit(daemon.api, 'b.service', sleeper);
    await submit(daemon.api, 'a.service', sleeper);
    let told = '';
    while (!told.includes('"active"')) told += (await next()) ?? '';
    expect(told).not.toContain('b.service');
    expect(told).toContain('"currentState":"launched","desiredState":"launched","machineID":"m1","name":"a.service"');
    const ended = (async () => {
      while ((await next()) !== undefined);
    })();
    await daemon.end('leave');
    await ended;
  });

  it('of many units come together', async () => {
    await using world = await joined();
    const { next, cancel } = lines(await call(world.api, 'GET', paths.follow));
    const names = Array.from({ length: 250 }, (_, n) => `a@${n}.service`);
    expect(await next()).toBe('{}\n');
    const second = next();
    await Promise.all(names.map((name) => submit(world.api, name, sleeper, 'inactive')));
    let told = (await second) ?? '';
    let count = 1;
    while (told.split('"name":"a@').length - 1 < names.length) {
      const more = next();
      await world.cluster.pass(ms(50));
      told += (await more) ?? '';
      count += 1;
    }
    expect(count).toBeLessThan(5);
    await cancel();
  });
});

interface UnitPage {
  readonly units: readonly { readonly name: string }[];
  readonly nextPageToken?: string;
}
