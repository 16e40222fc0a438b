import { describe, expect, it } from 'vitest';
import { ApiRefused, ApiUnreachable } from '../../../core/errors/fleet-api.ts';
import { everywhere, hello, stage } from '../fixtures.ts';

const other = hello.replace('infinity', '10');
const inactive = (name: string) => `Unit ${name} inactive\n`;

describe('submit', () => {
  it.each([
    ['hello.service', 'hello.service', 'hello.service'],
    ['hello', 'hello.service', 'hello.service'],
    ['services/hello', 'services/hello.service', 'hello.service'],
    ['foo.1', 'foo.1.service', 'foo.1.service'],
    ['dir/bar.socket', 'dir/bar.socket', 'bar.socket'],
    ['a.target', 'a.target.service', 'a.target.service'],
    ['services/web@1.service', 'services/web@.service', 'web@1.service'],
    ['web@.service', 'web@.service', 'web@.service'],
  ])('takes %s from the file %s', async (argument, path, name) => {
    const { api, run } = stage({ files: { [path]: hello } });
    expect(await run('submit', argument)).toEqual({ code: 0, out: inactive(name), err: '' });
    expect(await api.unit(name as never)).toMatchObject({ desired: 'inactive' });
  });

  it('tells of a global unit without a state of its own', async () => {
    const { run } = stage({ files: { 'g.service': everywhere } });
    expect((await run('submit', 'g')).out).toBe('Unit g.service \n');
  });

  it('makes an instance of the registry’s template, and says when the one here differs', async () => {
    const { put, run, api } = stage({ files: { 'web@.service': other } });
    await put('web@.service', hello);
    expect(await run('submit', 'web@1')).toEqual({
      code: 0,
      out: inactive('web@1.service'),
      err: 'WARNING: Unit web@1.service in registry differs from local template unit file web@1.service. Add --replace to override.\n',
    });
    expect((await api.unit('web@1.service' as never))?.options).toEqual(
      (await api.unit('web@.service' as never))?.options,
    );
  });

  it('leaves a unit that exists, and says when the file here differs', async () => {
    const { put, run } = stage({ files: { 'd/hello.service': other, 'hello.service': hello } });
    await put('hello.service', hello);
    expect(await run('submit', 'hello')).toEqual({ code: 0, out: '', err: '' });
    expect(await run('submit', 'd/hello')).toEqual({
      code: 0,
      out: '',
      err: 'WARNING: Unit hello.service in registry differs from local unit file d/hello.service. Add --replace to override.\n',
    });
  });

  it('warns of requirements that mean nothing', async () => {
    const { run } = stage({ files: { 'x.service': `${hello}[X-Fleet]\nMachineMetaData=a=b\n` } });
    const { code, err } = await run('submit', 'x');
    expect(code).toBe(0);
    expect(err).toMatch(
      / WARN .*: Unit x\.service: unrecognized requirement in \[X-Fleet\] section: "MachineMetaData"\n$/,
    );
  });

  it.each([
    ['nowhere', {}, 'unable to find Unit(nowhere.service) in Registry or on filesystem'],
    [
      'web@1',
      {},
      'failed getting Unit(web@1.service) from template: unable to find template Unit(web@.service) in Registry or on filesystem',
    ],
    ['bad', { 'bad.service': '[Service' }, 'failed getting Unit(bad.service) from file: unable to find end of section'],
    ['w{1,2}', { 'w{1,2}.service': hello }, "invalid character '{' in unit name"],
    ['both', { 'both.service': '[X-Fleet]\nGlobal=true\nMachineID=x\n' }, 'MachineID cannot be used with Global'],
  ])('says why it cannot create %s', async (argument, files, why) => {
    const { code, out, err } = await stage({ files }).run('submit', argument);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.split('\n')[0]).toBe(`Error creating units: ${why}`);
    expect(err.split('\n')[1]).toMatch(/^Try: /);
  });

  it('keeps the units before the one that fails, and does not go on behind it', async () => {
    const { api, run } = stage({ files: { 'a.service': hello, 'c.service': hello } });
    const { code, out } = await run('submit', 'a', 'b', 'c');
    expect({ code, out }).toEqual({ code: 1, out: inactive('a.service') });
    expect((await api.units()).map(({ name }) => name)).toEqual(['a.service']);
  });

  it('asks once for all of many units, and creates each once', async () => {
    const { api, run } = stage({ files: { 'web@.service': hello, 'a.service': hello } });
    let lists = 0;
    const list = api.units.bind(api);
    api.units = () => {
      lists++;
      return list();
    };
    const { code, out } = await run('submit', 'web@.service', 'web@1', 'a', 'web@2', 'a', 'web@1');
    const names = ['web@.service', 'web@1.service', 'a.service', 'web@2.service'];
    expect({ code, lines: out.split('\n').toSorted() }).toEqual({
      code: 0,
      lines: ['', ...names.map((name) => `Unit ${name} inactive`)].toSorted(),
    });
    expect(lists).toBeGreaterThan(0);
    expect((await list()).map(({ name }) => name)).toEqual(names.toSorted());
  });

  it('takes the template that the same command submits, not the one beside the instance', async () => {
    const { api, run } = stage({ files: { 'new/web@.service': other, 'old/web@.service': hello } });
    await run('submit', 'new/web@.service', 'old/web@1');
    const [one, template] = await Promise.all([api.unit('web@1.service' as never), api.unit('web@.service' as never)]);
    expect(one?.options).toEqual(template?.options);
  });

  it('passes on what the server says', async () => {
    const { api, run } = stage({ files: { 'a.service': hello } });
    api.putUnit = () => Promise.reject(new ApiRefused({ status: 500, message: '', body: '{}' }));
    expect((await run('submit', 'a')).err).toMatch(
      /^Error creating units: failed creating unit a\.service: googleapi: got HTTP response code 500 with body: \{\}\n/,
    );
    api.unit = () => Promise.reject(new ApiUnreachable({ endpoint: 'x', why: 'refused' }));
    expect((await run('submit', 'a')).err).toMatch(
      /^Error creating units: error retrieving Unit\(a\.service\) from Registry: cannot reach/,
    );
  });
});

describe('what was created', () => {
  it('must show within the attempts that were given, and the command ends with what did not', async () => {
    const theatre = stage({ files: { 'a.service': hello, 'b.service': hello } });
    theatre.api.streamsChanges = false;
    const ask = theatre.api.unit.bind(theatre.api);
    theatre.api.unit = async (name) => (name === 'a.service' ? undefined : ask(name));
    const { code, out, err } = await theatre.runForLong('load', '--block-attempts=1', 'a', 'b');
    expect({ code, out }).toEqual({ code: 1, out: inactive('b.service') });
    expect(err).toMatch(
      /^Error waiting on unit creation: timed out waiting for unit a\.service to report state inactive\nError creating units: One or more errors creating units\nTry: /,
    );
  });

  it('is waited for also without blocking', async () => {
    const theatre = stage({ files: { 'a.service': hello } });
    expect((await theatre.run('load', '--no-block', 'a')).out).toBe(
      `${inactive('a.service')}Triggered unit a.service load\n`,
    );
  });
});

describe('--replace', () => {
  const replacing = async (command: string, desired: 'inactive' | 'loaded' | 'launched', content: string) => {
    const theatre = stage({ files: { 'hello.service': content } });
    await theatre.put('hello.service', hello);
    await theatre.api.setTarget('hello.service' as never, desired);
    const outcome = await theatre.run(command, '--replace', 'hello');
    const unit = await theatre.api.unit('hello.service' as never);
    return { ...outcome, replaced: unit?.options.at(-1)?.value === '/usr/bin/sleep 10' };
  };

  it.each([
    ['submit', 'inactive', true],
    ['submit', 'loaded', false],
    ['submit', 'launched', false],
    ['load', 'inactive', true],
    ['load', 'loaded', true],
    ['load', 'launched', false],
    ['start', 'inactive', true],
    ['start', 'loaded', true],
    ['start', 'launched', true],
  ] as const)('%s of a unit that is to be %s: %s', async (command, desired, allowed) => {
    const { code, replaced, out, err } = await replacing(command, desired, other);
    expect({ code, replaced }).toEqual({ code: 0, replaced: allowed });
    if (allowed) expect(out).toMatch(/^Unit hello\.service inactive\n/);
    else
      expect(err).toContain(
        `Warning: can not replace Unit(hello.service) in state '${desired}', use the appropriate command\n`,
      );
  });

  it('does nothing when nothing differs', async () => {
    expect(await replacing('start', 'launched', hello)).toMatchObject({
      code: 0,
      out: 'Found same Unit(hello.service) in Registry, nothing to do\n',
      err: '',
    });
  });

  it('needs a file to take the new content from', async () => {
    const { put, run } = stage();
    await put('hello.service', hello);
    const { code, err } = await run('start', '--replace', 'hello');
    expect(code).toBe(1);
    expect(err).toMatch(/^Error creating units: error Unit hello\.service does not seem to be a template unit\nTry: /);
  });
});

it('cat prints the canonical text and nothing else', async () => {
  const { put, run } = stage();
  await put('hello.service', `# a comment\n\n${hello}\n`);
  expect(await run('cat', 'hello')).toEqual({ code: 0, out: hello, err: '' });
});

it('cat passes on what the server says', async () => {
  const { api, run } = stage();
  api.unit = () => Promise.reject(new ApiRefused({ status: 500, message: '', body: '{}' }));
  expect((await run('cat', 'hello')).err).toMatch(
    /^Error retrieving Unit hello\.service: googleapi: got HTTP response code 500 with body: \{\}\n/,
  );
});

it.each([
  [['cat'], 'One unit file must be provided\n'],
  [['cat', 'a', 'b'], 'One unit file must be provided\n'],
  [['cat', 'nope'], 'Unit nope.service not found\n'],
])('fleetctl %s fails', async (argv, err) => {
  expect(await stage().run(...argv)).toEqual({ code: 1, out: '', err });
});

it.each(['submit', 'load', 'start', 'stop', 'unload', 'destroy', 'restart'])(
  '%s of nothing is no failure',
  async (command) => {
    expect(await stage().run(command)).toEqual({ code: 0, out: '', err: 'No units given\n' });
  },
);

it('verify says that it is gone', async () => {
  expect(await stage().run('verify', 'x')).toEqual({
    code: 2,
    out: '',
    err:
      'Command "verify" is deprecated, DEPRECATED - No longer works\n' +
      'WARNING: The signed/verified units feature is DEPRECATED and cannot be used.\n',
  });
});
