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

  it('prints every field, shortened ids with dots though nothing is missing, and nothing as a dash', async () => {
    const { api, run } = stage();
    api.join('m', '10.0.0.1', { zone: 'b', disk: 'ssd' });
    api.join('nothing');
    expect((await run('list-machines', '--fields=metadata,ip,machine,ip')).out).toBe(
      'METADATA\t\tIP\t\tMACHINE\t\tIP\n' +
        'purpose=services\t172.17.8.103\t113f16a7...\t172.17.8.103\n' +
        '-\t\t\t-\t\t85c0c595...\t-\n' +
        'disk=ssd,zone=b\t\t10.0.0.1\tm...\t\t10.0.0.1\n' +
        '-\t\t\t-\t\tnothing...\t-\n',
    );
    expect((await run('list-machines', '--full', '--no-legend', '--fields=machine,ip')).out).toBe(
      `${m1}\t172.17.8.103\n${m2}\t-\nm\t\t\t\t\t10.0.0.1\nnothing\t\t\t\t\t-\n`,
    );
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

  it('prints every field, and what is missing as a dash', async () => {
    const { api, run } = stage();
    api.report('hello.service', m1, ['loaded', 'active', 'running']);
    const [state] = await api.states();
    const nothing = { unit: 'nothing.service', machine: '', hash: '', load: '', active: '', sub: '' };
    api.states = async () => [state, nothing] as never;
    expect((await run('list-units', '--fields=unit,load,active,sub,machine,hash')).out).toBe(
      'UNIT\t\tLOAD\tACTIVE\tSUB\tMACHINE\t\t\t\tHASH\n' +
        'hello.service\tloaded\tactive\trunning\t113f16a7.../172.17.8.103\tda39a3e\n' +
        'nothing.service\t-\t-\t-\t-\t\t\t\t-\n',
    );
    expect((await run('list-units', '-l', '--fields=hash,machine')).out).toBe(
      'HASH\t\t\t\t\t\tMACHINE\n' +
        `da39a3ee5e6b4b0d3255bfef95601890afd80709\t${m1}/172.17.8.103\n` +
        '-\t\t\t\t\t\t-\n',
    );
  });

  it('keeps the order in which the server lists, and takes no notice of arguments', async () => {
    const { api, run } = stage();
    for (const unit of ['a.service', 'b.service']) api.report(unit, m1, ['loaded', 'active', 'running']);
    const states = (await api.states()).toReversed();
    api.states = async () => states;
    expect((await run('list-units', 'a.service', '-no-legend', '-fields=unit', 'x')).out).toBe(
      'b.service\na.service\n',
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

  it('prints every field, and what is missing as a dash', async () => {
    const { api, put, run } = stage();
    await put('hello.service', hello);
    await put('web@.service', everywhere);
    await api.setTarget('hello.service' as never, 'launched');
    const units = (await api.units()).map((unit) => ({ ...unit, current: undefined, desired: '' }));
    const known = await run('list-unit-files', '--fields=unit,dstate,state,target,tmachine,hash,global,desc');
    expect(known.out).toBe(
      'UNIT\t\tDSTATE\t\tSTATE\t\tTARGET\t\t\t\tTMACHINE\t\t\tHASH\tGLOBAL\tDESC\n' +
        'hello.service\tlaunched\tlaunched\t113f16a7.../172.17.8.103\t113f16a7.../172.17.8.103\t48c842a\tfalse\tHello\n' +
        'web@.service\tinactive\t-\t\tglobal\t\t\t\tglobal\t\t\t\t93d70f5\ttrue\t-\n',
    );
    expect((await run('list-unit-files', '--full', '--no-legend', '--fields=unit,target,hash')).out).toBe(
      `hello.service\t${m1}/172.17.8.103\t48c842a438f838dc3fc8224c67f7a4b7eb825c67\n` +
        'web@.service\tglobal\t\t\t\t\t\t93d70f5fd6dfd7234925049610a84057d2e44f24\n',
    );
    api.units = async () => units as never;
    expect((await run('list-unit-files', '--no-legend', '--fields=dstate,state')).out).toBe('-\t-\n-\t-\n');
  });

  it.each(['list-machines', 'list-units', 'list-unit-files'])(
    '%s refuses fields that it does not have',
    async (list) => {
      const { out, ...outcome } = await stage().run(list, '--fields=colour');
      expect({ out, ...outcome }).toEqual({ code: 1, out: '', err: 'Invalid key in output format: "colour"\n' });
      expect((await stage().run(list, '--fields=')).err).toBe('Must define output format\n');
    },
  );

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
