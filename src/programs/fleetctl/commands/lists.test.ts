import { describe, expect, it } from 'vitest';
import { ApiUnreachable } from '../../../core/errors/fleet-api.ts';
import { everywhere, hello, m1, m2, stage } from '../fixtures.ts';

describe('list-machines', () => {
  it('prints machines, addresses and metadata sorted by key', async () => {
    const { api, run } = stage();
    api.join(m1, '172.17.8.103', { region: 'eu', az: 'b' });
    const { out } = await run('list-machines');
    expect(out).toBe('MACHINE\t\tIP\t\tMETADATA\n113f16a7...\t172.17.8.103\taz=b,region=eu\n85c0c595...\t-\t\t-\n');
  });

  it.each(['-l', '--l', '-full', '--full'])('prints whole ids with %s', async (flag) => {
    expect((await stage().run('list-machines', flag, '-no-legend', '-fields=machine')).out).toBe(`${m1}\n${m2}\n`);
  });

  it('says what may be wrong when nobody answers', async () => {
    const { api, run } = stage();
    api.machines = () => Promise.reject(new ApiUnreachable({ endpoint: 'unix:///fleet.sock', why: 'refused' }));
    const { code, out, err } = await run('list-machines');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(
      /^Error retrieving list of active machines from fleet API \(cannot reach .*refused\)\nPossible issues:\n {2}etcd is unhealthy and\/or lost quorum\n {2}connection cannot be established to any etcd servers\nTry: /,
    );
  });
});

describe('list-units', () => {
  it('prints a row for each machine that reports a unit', async () => {
    const { api, run } = stage();
    api.report('hello.service', m1, ['loaded', 'active', 'running']);
    api.report('nohash.service', m2, ['loaded', 'inactive', 'dead']);
    const { code, out } = await run('list-units');
    expect(code).toBe(0);
    expect(out).toBe(
      'UNIT\t\tMACHINE\t\t\t\tACTIVE\t\tSUB\n' +
        'hello.service\t113f16a7.../172.17.8.103\tactive\t\trunning\n' +
        'nohash.service\t85c0c595...\t\t\tinactive\tdead\n',
    );
  });

  it('prints only its header when nothing is loaded, and nothing without it', async () => {
    expect((await stage().run('list-units')).out).toBe('UNIT\tMACHINE\tACTIVE\tSUB\n');
    expect((await stage().run('list-units', '-no-legend')).out).toBe('');
  });

  it('prints the fields that are asked for, as often and in the order in which they are', async () => {
    const { api, put, run } = stage();
    await put('hello.service', hello);
    api.report('hello.service', m1, ['loaded', 'active', 'running']);
    const fields = '--fields=hash,load,unit,hash';
    expect((await run('list-units', fields)).out).toBe(
      'HASH\tLOAD\tUNIT\t\tHASH\n48c842a\tloaded\thello.service\t48c842a\n',
    );
    expect((await run('list-units', '--full', '-fields=machine,hash', '-no-legend')).out).toBe(
      `${m1}/172.17.8.103\t48c842a438f838dc3fc8224c67f7a4b7eb825c67\n`,
    );
  });

  it('prints the id of a machine that it does not know', async () => {
    const { api, run } = stage();
    api.report('x.service', 'deadbeefdeadbeefdeadbeefdeadbeef', ['loaded', 'active', 'running']);
    expect((await run('list-units', '-fields=machine', '-no-legend')).out).toBe('deadbeef...\n');
  });

  it.each([
    ['', 'Must define output format'],
    ['unit,colour', 'Invalid key in output format: "colour"'],
    ['UNIT', 'Invalid key in output format: "UNIT"'],
    ['toString', 'Invalid key in output format: "toString"'],
  ])('refuses the fields "%s"', async (fields, err) => {
    expect(await stage().run('list-units', `--fields=${fields}`)).toEqual({ code: 1, out: '', err: `${err}\n` });
  });
});

describe('list-unit-files', () => {
  it('prints what is asked for and what is reported, global units without a state', async () => {
    const { api, put, run } = stage();
    await put('everywhere.service', everywhere);
    await put('hello.service', hello);
    await put('web@.service', hello);
    await api.setTarget('everywhere.service' as never, 'launched');
    await api.setTarget('hello.service' as never, 'launched');
    api.place('hello.service', m1, 'loaded');
    expect((await run('list-unit-files')).out).toBe(
      'UNIT\t\t\tHASH\tDSTATE\t\tSTATE\t\tTARGET\n' +
        'everywhere.service\t93d70f5\tlaunched\t-\t\tglobal\n' +
        'hello.service\t\t48c842a\tlaunched\tloaded\t\t113f16a7.../172.17.8.103\n' +
        'web@.service\t\t48c842a\tinactive\tinactive\t-\n',
    );
    expect((await run('list-unit-files', '-fields=unit,global,desc', '-no-legend')).out).toBe(
      'everywhere.service\ttrue\t-\nhello.service\t\tfalse\tHello\nweb@.service\t\tfalse\tHello\n',
    );
  });

  it('warns of a field that has another name now', async () => {
    const { put, run } = stage();
    await put('hello.service', hello);
    expect(await run('list-unit-files', '--fields=tmachine')).toEqual({
      code: 0,
      out: 'TMACHINE\n-\n',
      err: 'WARNING: The "tmachine" field is deprecated. Use "target" instead\n',
    });
  });
});

it.each([
  [
    'list-machines',
    { machines: [{ id: m1, metadata: { purpose: 'services' }, primaryIP: '172.17.8.103' }, { id: m2 }] },
  ],
  ['list-units', { states: [] }],
  ['list-unit-files', { units: [{ name: 'hello.service', currentState: 'inactive', desiredState: 'inactive' }] }],
])('%s -o json prints the shape of the API', async (command, expected) => {
  const { put, run } = stage();
  await put('hello.service', hello);
  expect(JSON.parse((await run(command, '-o', 'json')).out)).toMatchObject(expected);
});

it.each(['list-units', 'list-unit-files'])('%s says when nobody answers', async (command) => {
  const { api, run } = stage();
  const failing = () => Promise.reject(new ApiUnreachable({ endpoint: 'unix:///fleet.sock', why: 'refused' }));
  api.states = failing;
  api.units = failing;
  const { code, err } = await run(command);
  expect(code).toBe(1);
  expect(err).toMatch(/^Error retrieving list of units from repository: cannot reach .*: refused\nTry: .+\n$/);
});
