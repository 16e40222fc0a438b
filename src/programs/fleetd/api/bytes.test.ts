/** The API as it stands on the wire: what fleet 1.0's own client and people with curl send, and the bytes they get. */
import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../../core/machine/types.ts';
import { answersIn, serving, talk } from '../../../ports/sockets/fixtures.ts';
import { isActive, submit, TestCluster } from '../fixtures.ts';
import { apiRejection } from './handler.ts';

const served = async (config: Parameters<TestCluster['start']>[1] = {}, { joined = true } = {}) => {
  const cluster = new TestCluster();
  const daemon = cluster.start('m1', config);
  if (!joined) daemon.registry.line.cut();
  const server = await serving(daemon.api, { reject: apiRejection });
  /** Head without date, and body, of the last answer. */
  const ask = async (request: string, body = '') => {
    const [line = '', ...headers] = request.split('\n');
    const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
    const head = [`${line} HTTP/1.1`, 'Host: domain-sock', 'Connection: close', ...headers, ...length].join('\r\n');
    const answer = answersIn(await talk(server.path, Buffer.from(`${head}\r\n\r\n${body}`))).at(-1);
    return {
      head: answer?.head.filter((name) => !/^(Date|Connection):/.test(name)) ?? [],
      body: Buffer.from(answer?.body ?? '', 'latin1').toString(),
    };
  };
  return {
    cluster,
    ...daemon,
    ask,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
};

const withJson = (status: string, body: string) => ({
  head: [
    `HTTP/1.1 ${status}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Content-Type: application/json',
    'Server: fleetd/1.0.0',
  ],
  body,
});
const without = (status: string, ...headers: readonly string[]) => ({
  head: [`HTTP/1.1 ${status}`, ...headers, 'Server: fleetd/1.0.0'],
  body: '',
});
const error = (status: string, message: string) =>
  withJson(status, `{"error":{"code":${status.slice(0, 3)},"message":${JSON.stringify(message)}}}`);

/** What fleet's client puts beside everything it sends. */
const stock = 'User-Agent: google-api-go-client/0.5\nAccept-Encoding: gzip';
const sending = `${stock}\nContent-Type: application/json`;

describe('what the stock client of fleet 1.0 sends', () => {
  it('goes through the life of a unit', async () => {
    await using world = await served();
    const path = '/fleet/v1/units/web%401.service?alt=json';
    expect(await world.ask(`GET ${path}\n${stock}`)).toEqual(error('404 Not Found', 'unit does not exist'));
    const options = '[{"name":"ExecStart","section":"Service","value":"/bin/sh -c \\"a \\u0026\\u0026 b\\""}]';
    const unit = `{"desiredState":"inactive","name":"web@1.service","options":${options}}\n`;
    expect(await world.ask(`PUT ${path}\n${sending}`, unit)).toEqual(without('201 Created', 'Content-Length: 0'));
    expect(await world.ask(`PUT ${path}\n${sending}`, '{"desiredState":"loaded","name":"web@1.service"}\n')).toEqual(
      without('204 No Content'),
    );
    await world.cluster.until(async () => (await world.registry.read()).states.length === 1);
    expect(await world.ask(`GET ${path}\n${stock}`)).toEqual(
      withJson(
        '200 OK',
        '{"currentState":"loaded","desiredState":"loaded","machineID":"m1","name":"web@1.service",' +
          '"options":[{"name":"ExecStart","section":"Service","value":"/bin/sh -c \\"a && b\\""}]}',
      ),
    );
    expect(await world.ask(`GET /fleet/v1/state/web%401.service?alt=json\n${stock}`)).toEqual(
      withJson(
        '200 OK',
        '{"hash":"9bf86cc4105beab01c2ac7ab0efa8f76466e627b","machineID":"m1","name":"web@1.service",' +
          '"systemdActiveState":"inactive","systemdLoadState":"loaded","systemdSubState":"dead"}',
      ),
    );
    expect(await world.ask(`DELETE ${path}\n${stock}`)).toEqual(without('204 No Content'));
    expect(await world.ask(`DELETE ${path}\n${stock}`)).toEqual(error('404 Not Found', 'unit does not exist'));
  });

  it('lists in pages, with the token sent back beside its own parameters', async () => {
    await using world = await served({ tokenLimit: 2 });
    for (const name of ['a', 'b', 'c']) await submit(world.api, `${name}.service`, '[A]\nB=c\n', 'inactive');
    const unit = (name: string) =>
      `{"currentState":"inactive","desiredState":"inactive","name":"${name}.service","options":[{"name":"B","section":"A","value":"c"}]}`;
    expect(await world.ask(`GET /fleet/v1/units?alt=json\n${stock}`)).toEqual(
      withJson('200 OK', `{"nextPageToken":"AgACAA==","units":[${unit('a')},${unit('b')}]}`),
    );
    expect(await world.ask(`GET /fleet/v1/units?alt=json&nextPageToken=AgACAA%3D%3D\n${stock}`)).toEqual(
      withJson('200 OK', `{"units":[${unit('c')}]}`),
    );
    expect(await world.ask(`GET /fleet/v1/units?alt=json&nextPageToken=AgAJAA%3D%3D\n${stock}`)).toEqual(
      withJson('200 OK', '{}'),
    );
    expect(await world.ask(`GET /fleet/v1/state?alt=json&machineID=m1&unitName=a.service\n${stock}`)).toEqual(
      withJson('200 OK', '{}'),
    );
  });

  it('lists machines, and patches their metadata in both forms', async () => {
    await using world = await served({ staticMetadata: { '9': 'i', '10': 'x', disk: 'hdd' } });
    const machine = (metadata: string) =>
      withJson('200 OK', `{"machines":[{"id":"m1","metadata":{${metadata}},"primaryIP":"10.0.0.1"}]}`);
    expect(await world.ask(`GET /fleet/v1/machines?alt=json\n${stock}`)).toEqual(
      machine('"10":"x","9":"i","disk":"hdd"'),
    );
    // As fleetctl of 1.0 does it: without a content type, and with the name of a Go field.
    const patch =
      '[{"op":"add","path":"/m1/metadata/ping","value":{"Value":"pong"}},{"op":"replace","path":"/m1/metadata/disk","value":"ssd"},' +
      '{"op":"remove","path":"/m1/metadata/9"}]';
    expect(await world.ask('PATCH /fleet/v1/machines', patch)).toEqual(
      without('204 No Content', 'Content-Type: application/json'),
    );
    expect(await world.ask(`GET /v1-alpha/machines?alt=json\n${stock}`)).toEqual(
      machine('"10":"x","disk":"ssd","ping":"pong"'),
    );
    await world.registry.setMetadata('m1' as MachineId, 'ping', undefined);
    expect(await world.ask(`GET /v1-alpha/machines\n${stock}`)).toEqual(machine('"10":"x","disk":"ssd"'));
  });
});

describe('what people send', () => {
  it('may name a unit with a raw @ and a raw backslash, as curl does', async () => {
    await using world = await served();
    const put = await world.ask(
      'PUT /fleet/v1/units/a\\x2db@1.service\nContent-Type: application/json; charset="a,b"',
      '{"OPTIONS":[{"Name":"B","SECTION":"A","value":"c"}],"unknown":[[[1]]]}',
    );
    expect(put).toEqual(without('201 Created', 'Content-Length: 0'));
    expect((await world.ask('GET /fleet/v1/units/a%5Cx2db@1.service')).body).toContain('"name":"a\\\\x2db@1.service"');
  });

  it.each([
    ['GET /', '405 Method Not Allowed', ''],
    ['PUT /fleet/v1', '405 Method Not Allowed', ''],
    ['GET /fleet/v1/', '404 Not Found', ''],
    ['GET //fleet/v1/units', '404 Not Found', ''],
    ['GET /fleet/v1//units', '404 Not Found', ''],
    ['GET /fleet/v1/units/../machines', '400 Bad Request', 'the request target must be a path without dot segments'],
    ['GET /fleet/v1/units/%00', '404 Not Found', 'unit does not exist'],
    ['GET /fleet/v1/state/%ff%fe', '404 Not Found', 'unit state does not exist'],
    ['DELETE /fleet/v1/units/a%zz', '404 Not Found', 'unit does not exist'],
    ['PUT /fleet/v1/units/a%00.service', '415 Unsupported Media Type', 'expected 1 Content-Type, got 0'],
    [
      'PUT /fleet/v1/units/a.service\nContent-Type: application/json\nContent-Type: application/json',
      '415 Unsupported Media Type',
      'expected 1 Content-Type, got 2',
    ],
    [
      'PUT /fleet/v1/units/a.service\nContent-Type: text/plain',
      '415 Unsupported Media Type',
      'only acceptable Content-Type is application/json',
    ],
    ['PUT /fleet/v1/units/a.service\nContent-Type: application/json', '400 Bad Request', 'unable to decode body: EOF'],
    ['PATCH /fleet/v1/machines', '400 Bad Request', 'EOF'],
    ['GET /fleet/v1/units?nextPageToken=', '400 Bad Request', 'EOF'],
    ['GET /fleet/v1/units?nextPageToken=ZAACAA&nextPageToken=x', '400 Bad Request', 'too many values for page token'],
    ['GET /fleet/v1/state?nextPageToken=EwBMLg%3D%3D', '400 Bad Request', 'token limit must be 100'],
    ['TRACE /fleet/v1/units', '405 Method Not Allowed', 'only GET supported against this resource'],
    ['OPTIONS /fleet/v1/machines', '405 Method Not Allowed', 'only GET and PATCH supported against this resource'],
    [
      'POST /fleet/v1/units/a.service',
      '405 Method Not Allowed',
      'only GET, PUT and DELETE supported against this resource',
    ],
    ['DELETE /fleet/v1/state', '405 Method Not Allowed', 'only GET supported against this resource'],
    ['POST /fleet/v1/discovery', '400 Bad Request', 'only HTTP GET supported against this resource'],
    ['BREW /fleet/v1/units', '400 Bad Request', expect.stringMatching(/^malformed request: /)],
    ['CONNECT fleet:80', '405 Method Not Allowed', ''],
    ['GET /fleet/v1/units?a=%ff&%&&==&a[]=1&;', '200 OK', undefined],
  ])('%j is answered with %s', async (request, status, message) => {
    await using world = await served();
    const answer = await world.ask(request);
    expect(answer.head[0]).toBe(`HTTP/1.1 ${status}`);
    expect(answer.head).toContain('Server: fleetd/1.0.0');
    expect(answer.head).toContain('Content-Type: application/json');
    const code = Number(status.slice(0, 3));
    expect(JSON.parse(answer.body)).toEqual(message === undefined ? {} : { error: { code, message } });
    expect(world.log.events.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('never gets to the registry with a name that breaks the rules', async () => {
    await using world = await served();
    for (const request of ['GET /fleet/v1/units/a%2Eb', 'DELETE /fleet/v1/units/%00', 'GET /fleet/v1/state/%ff'])
      expect((await world.ask(request)).head[0]).toBe('HTTP/1.1 404 Not Found');
    expect((await world.ask('GET /fleet/v1/state?unitName=a.service%2Fm1')).body).toBe('{}');
    const body = '{"units":[{"name":"../x","desiredState":"loaded"}]}';
    const { body: outcome } = await world.ask('POST /fleet/v1/batch\nContent-Type: application/json', body);
    expect(outcome).toBe('{"done":0,"error":{"code":400,"message":"invalid unit type: \\"/x\\""}}');
    const { body: metrics } = await world.ask('GET /metrics');
    expect(metrics).toContain('\nfleet_registry_operation_count_total{type="get"} 0\n');
  });

  it('with HEAD gets the head of the refusal, since fleet answers GET alone', async () => {
    await using world = await served();
    const body = '{"error":{"code":405,"message":"only GET supported against this resource"}}';
    const { head } = await world.ask('HEAD /fleet/v1/units');
    expect(head).toEqual(withJson('405 Method Not Allowed', body).head);
  });

  it('is refused with 503 while the machine is not in the cluster, without the name of the server', async () => {
    await using world = await served({}, { joined: false });
    for (const path of ['/', '/fleet/v1/units', '/fleet/v1/discovery', '/metrics', '/nothing']) {
      const { head, body } = await world.ask(`GET ${path}`);
      expect(head).toEqual([
        'HTTP/1.1 503 Service Unavailable',
        'Content-Length: 79',
        'Content-Type: application/json',
      ]);
      expect(body).toBe('{"error":{"code":503,"message":"fleet server unable to communicate with etcd"}}');
    }
  });

  it('is told of a failing patch why, and of every other failure nothing', async () => {
    await using world = await served();
    await world.ask('GET /fleet/v1/units');
    world.registry.line.cut();
    expect(await world.ask('PATCH /fleet/v1/machines', '[{"op":"remove","path":"/m1/metadata/a"}]')).toEqual(
      error('500 Internal Server Error', 'the registry is out of reach (setting metadata)'),
    );
    expect(await world.ask('GET /fleet/v1/units/a.service')).toEqual(error('500 Internal Server Error', ''));
  });
});

describe('limits', () => {
  it('end a body beyond 10 MiB with 413', async () => {
    await using world = await served();
    const answer = await world.ask(
      'PUT /fleet/v1/units/a.service\nContent-Type: application/json\nContent-Length: 10485761',
    );
    expect(answer).toEqual(error('413 Payload Too Large', 'request body must not exceed 10485760 bytes'));
  });

  it('end a header beyond 16 KiB with 431', async () => {
    await using world = await served();
    expect(await world.ask(`GET /fleet/v1/units?nextPageToken=${'A'.repeat(20_000)}`)).toEqual(
      error('431 Request Header Fields Too Large', 'request header is too large'),
    );
  });

  it('take a batch of 10 MiB in its parts, and refuse the unit that is too large for etcd', async () => {
    await using world = await served();
    const file = (lines: number) => Array(lines).fill({ section: 'A', name: 'B', value: 'x'.repeat(1_000) });
    const units = [200, 900, 300, 1_100, 100].map((lines, at) => ({ name: `u${at}.service`, options: file(lines) }));
    const { body } = await world.ask('POST /fleet/v1/batch\nContent-Type: application/json', JSON.stringify({ units }));
    const message = 'unit file of 1103304 bytes exceeds the maximum of 1048576 bytes';
    expect(body).toBe(`{"done":3,"error":{"code":413,"message":"${message}"}}`);
    expect((await world.registry.read()).units.map(({ name }) => name)).toEqual([
      'u0.service',
      'u1.service',
      'u2.service',
    ]);
  });

  it('take deep nesting where nobody looks and refuse it where somebody does', async () => {
    await using world = await served();
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    const put = 'PUT /fleet/v1/units/a.service\nContent-Type: application/json';
    expect((await world.ask(put, `{"x":${deep},"options":[{"section":"A","name":"B","value":"c"}]}`)).head[0]).toBe(
      'HTTP/1.1 201 Created',
    );
    expect((await world.ask(put, `{"options":${deep}}`)).head[0]).toBe('HTTP/1.1 400 Bad Request');
    expect((await world.ask('PATCH /fleet/v1/machines', deep)).head[0]).toBe('HTTP/1.1 400 Bad Request');
  });

  it('read a file whose values all end in a backslash in time', async () => {
    await using world = await served();
    const options = Array(100_000).fill({ section: 'A', name: 'B', value: '\\' });
    const { head } = await world.ask(
      'PUT /fleet/v1/units/a.service\nContent-Type: application/json',
      JSON.stringify({ options }),
    );
    expect(head[0]).toMatch(/^HTTP\/1.1 (201|400|413) /);
  });
});

it('a unit that runs is told with its state, byte for byte', async () => {
  await using world = await served();
  await submit(world.api, 'a.service', '[Service]\nExecStart=/bin/sleep 100\n');
  await world.cluster.until(() => isActive(world.api, 'a.service'));
  expect((await world.ask('GET /fleet/v1/state')).body).toBe(
    '{"states":[{"hash":"1c6fb6f3684bafb0c173d8b8b957ceff031180c1","machineID":"m1","name":"a.service",' +
      '"systemdActiveState":"active","systemdLoadState":"loaded","systemdSubState":"running"}]}',
  );
});
