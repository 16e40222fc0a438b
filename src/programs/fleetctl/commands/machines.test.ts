import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { ApiRefused } from '../../../core/errors/fleet-api.ts';
import { SshChannelRefused } from '../../../core/errors/ssh.ts';
import { captureIo } from '../../../testing/capture-io.ts';
import { everywhere, hello, m1, m2, type StageOptions, stage } from '../fixtures.ts';
import type { World } from '../world.ts';
import { fdForward } from './fd-forward.ts';

const door = '172.17.8.103:22';
const saying = (code: number) => ({
  [door]: (command: string, { stdout }: { stdout: NodeJS.WritableStream }) => {
    stdout.write(`${command}\n`);
    return code;
  },
});

const running = async (options: StageOptions = { machines: saying(0) }) => {
  const theatre = stage(options);
  await theatre.put('hello.service', hello);
  await theatre.api.setTarget('hello.service' as never, 'launched');
  return theatre;
};

describe('status', () => {
  it('asks systemd on the unit’s machine, and returns what it returned', async () => {
    expect(await (await running({ machines: saying(3) })).run('status', 'hello')).toEqual({
      code: 3,
      out: 'systemctl "status" "-l" "hello.service"\n',
      err: '',
    });
  });

  it('asks here when this is the unit’s machine', async () => {
    const theatre = await running({ here: m1, localCode: 3 });
    expect((await theatre.run('status', 'hello')).code).toBe(3);
    expect(theatre.local).toEqual([['systemctl', 'status', '-l', 'hello.service']]);
    expect(theatre.ssh.asked).toEqual([]);
  });

  it('puts a blank line between units, and stops at the first that is not well', async () => {
    const theatre = await running();
    await theatre.put('web@1.service', hello);
    await theatre.api.setTarget('web@1.service' as never, 'loaded');
    expect((await theatre.run('status', '--no-block', 'hello', 'web@1')).out).toBe(
      'systemctl "status" "-l" "hello.service"\n\nsystemctl "status" "-l" "web@1.service"\n',
    );
  });

  it('shows a global unit on every machine that reports it', async () => {
    const theatre = stage({ here: m2, machines: saying(0) });
    await theatre.put('g.service', everywhere);
    for (const machine of [m1, m2]) theatre.api.report('g.service', machine, ['loaded', 'active', 'running']);
    expect(await theatre.run('status', 'g')).toEqual({
      code: 0,
      out: 'systemctl "status" "-l" "g.service"\n\n',
      err: '',
    });
    expect(theatre.local).toEqual([['systemctl', 'status', '-l', 'g.service']]);
  });

  it.each([
    ['unknown', 'Unit unknown.service does not exist.\n'],
    ['idle', 'Unit idle.service does not appear to be loaded.\n'],
  ])('has nothing to show of a unit that is %s', async (unit, err) => {
    const theatre = await running();
    await theatre.put('idle.service', hello);
    expect(await theatre.run('status', unit)).toEqual({ code: 1, out: '', err });
  });

  it('of nothing is no failure', async () => {
    expect(await stage().run('status')).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('a machine that a command must go to', () => {
  it('is tried at the port that was given', async () => {
    const theatre = await running({ machines: { '172.17.8.103:2222': () => 0 } });
    await theatre.run('status', '--ssh-port=2222', 'hello');
    expect(theatre.ssh.asked).toEqual(['172.17.8.103:2222 run systemctl "status" "-l" "hello.service"']);
  });

  it('that does not answer gives 255, as ssh(1) does', async () => {
    const { code, err } = await (await running({})).run('status', 'hello');
    expect(code).toBe(255);
    expect(err).toMatch(
      /^Unable to SSH to remote host: cannot connect to 172\.17\.8\.103:22: connection refused\nTry: /,
    );
  });

  it('must be known', async () => {
    const theatre = await running();
    theatre.api.place('hello.service', 'deadbeefdeadbeefdeadbeefdeadbeef', 'launched');
    expect(await theatre.run('status', 'hello')).toEqual({
      code: 1,
      out: '',
      err: 'Error getting machine IP: <nil>\n',
    });
  });
});

describe('a machine that a command goes to', () => {
  it('may refuse to run it, which gives 255 as well', async () => {
    const refuses = () => Promise.reject(new SshChannelRefused({ what: 'a session', why: 'no' }));
    const { code, err } = await (await running({ machines: { [door]: refuses } })).run('status', 'hello');
    expect(code).toBe(255);
    expect(err).toMatch(/^Unable to SSH to remote host: ssh: cannot open a session: no\nTry: /);
  });

  it.each([0, 65_536])('has no port %i', async (port) => {
    expect(await (await running()).run('status', `--ssh-port=${port}`, 'hello')).toMatchObject({ code: 2, out: '' });
  });
});

it.each([
  ['status', 'Error retrieving unit hello.service: '],
  ['journal', 'Error retrieving unit hello.service: '],
  ['ssh', 'Unable to proceed: '],
])('%s passes on what the server says', async (command, before) => {
  const theatre = stage();
  theatre.api.unit = () => Promise.reject(new ApiRefused({ status: 500, message: 'no', body: '' }));
  const { code, err } = await theatre.run(command, 'hello');
  expect({ code, line: err.split('\n')[0] }).toEqual({ code: 1, line: `${before}googleapi: Error 500: no` });
});

describe('journal', () => {
  it.each([
    [['hello'], 'journalctl "--unit" "hello.service" "--no-pager" "-n" "10" "--output" "short"'],
    [['-f', 'hello'], 'journalctl "--unit" "hello.service" "--no-pager" "-n" "10" "--output" "short" "-f"'],
    [
      ['--lines=3', '--sudo', '--output=cat', 'hello'],
      'sudo "journalctl" "--unit" "hello.service" "--no-pager" "-n" "3" "--output" "cat"',
    ],
  ])('%j asks the machine', async (argv, command) => {
    expect(await (await running()).run('journal', ...argv)).toEqual({ code: 0, out: `${command}\n`, err: '' });
  });

  it.each([
    [[], 'One unit file must be provided.'],
    [['a', 'b'], 'One unit file must be provided.'],
    [['unknown'], 'Unit unknown.service does not exist.'],
    [['idle'], 'Unit idle.service does not appear to be running.'],
    [['g'], 'Unable to retrieve journal of global unit g.service.'],
  ])('%j fails', async (argv, err) => {
    const theatre = await running();
    await theatre.put('idle.service', hello);
    await theatre.put('g.service', everywhere);
    expect(await theatre.run('journal', ...argv)).toEqual({ code: 1, out: '', err: `${err}\n` });
  });
});

describe('ssh', () => {
  it.each([
    ['a machine by the beginning of its id', ['113f']],
    ['a machine by its flag', ['-m', '113f']],
    ['the machine of a unit', ['hello']],
    ['the machine of a unit by its flag', ['-u', 'hello.service']],
  ])('opens a shell on %s', async (_name, argv) => {
    const theatre = await running({ machines: { [door]: () => 9 } });
    expect(await theatre.run('ssh', ...argv)).toEqual({ code: 0, out: '', err: '' });
    expect(theatre.ssh.asked).toEqual([`${door} shell`]);
  });

  it('runs a command, its words joined as they are, and returns what it returned', async () => {
    const theatre = await running({ machines: saying(7) });
    expect(await theatre.run('ssh', '-A', '113f', 'ls', '--', '-l', '*')).toEqual({
      code: 7,
      out: 'ls -l *\n',
      err: '',
    });
    expect(theatre.ssh.asked).toEqual([`${door} run ls -l * (agent)`]);
    expect((await theatre.run('ssh', '-u', 'hello', 'uptime')).out).toBe('uptime\n');
  });

  it('gives a command what is in stdin', async () => {
    const theatre = await running({
      machines: {
        [door]: async (_command, { stdin, stdout }) => {
          for await (const chunk of stdin ?? []) stdout.write(chunk);
          return 0;
        },
      },
    });
    expect((await theatre.answer('input', 'ssh', '113f', 'cat')).out).toBe('input');
  });

  it.each([
    [['-m', 'x', '-u', 'y'], 'Both machine and unit flags provided, please specify only one.'],
    [[], 'Unable to proceed: one machine or unit must be provided'],
    [['nope'], 'Unable to proceed: could not find matching unit or machine'],
    [['-m', 'f00'], 'Unable to proceed: machine does not exist'],
    [['-u', 'nope'], 'Unable to proceed: unit does not exist'],
    [['-u', 'g'], 'Unable to proceed: global units unsupported'],
    [['-m', ''], 'Unable to proceed: one machine or unit must be provided'],
    [['85c0'], 'Could not determine address of machine.'],
    [['idle'], 'Could not determine address of machine.'],
    [['11'], 'Unable to proceed: found more than one machine'],
    [
      ['113f16a7'],
      'Unable to proceed: ambiguous argument, both machine and unit found for `113f16a7`.\nPlease use flag `-m` or `-u` to refine the search',
    ],
  ])('%j leads nowhere', async (argv, err) => {
    const theatre = await running();
    theatre.api.join('11ffffffffffffffffffffffffffffff');
    await theatre.put('idle.service', hello);
    await theatre.put('g.service', everywhere);
    await theatre.put('113f16a7.service', hello);
    const outcome = await theatre.run('ssh', ...argv);
    expect({ code: outcome.code, out: outcome.out }).toEqual({ code: 1, out: '' });
    expect(outcome.err.replace(/Try: .*\n$/, '')).toBe(`${err}\n`);
  });

  it.each([
    [['113f', 'uptime'], 'Failed running command over SSH'],
    [['113f'], 'Failed opening shell over SSH'],
  ])('%j says when the machine refuses', async (argv, what) => {
    const refuses = () => Promise.reject(new SshChannelRefused({ what: 'a session', why: 'no' }));
    const { code, err } = await (await running({ machines: { [door]: refuses } })).run('ssh', ...argv);
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`^${what}: ssh: cannot open a session: no\nTry: `));
  });

  it('says when the machine does not answer', async () => {
    const { code, err } = await (await running({})).run('ssh', '113f');
    expect(code).toBe(1);
    expect(err).toMatch(/^Failed building SSH client: cannot connect to 172\.17\.8\.103:22: connection refused\n/);
  });
});

describe('fd-forward', () => {
  it('carries bytes between its streams and a socket', async () => {
    const theatre = stage({ machines: { 'socket:0': () => 0 } });
    expect(await theatre.answer('hello', 'fd-forward', '/var/run/fleet.sock')).toEqual({
      code: 0,
      out: 'hello',
      err: '',
    });
  });

  it('says when the copying broke', async () => {
    const io = captureIo('hello');
    const socket = new Duplex({ read: () => void socket.destroy(new Error('the other side is gone')), write() {} });
    const world = { io, here: { dialUnix: async () => socket } } as unknown as World;
    expect(await fdForward.run({ flags: {}, args: ['/var/run/fleet.sock'] }, world)).toBe(1);
    expect(io.errors()).toBe('Encountered error during copy: the other side is gone\n');
  });

  it('says that nobody is there, and leaves it at that', async () => {
    const { code, err } = await stage().run('fd-forward', '/nowhere');
    expect(code).toBe(0);
    expect(err).toMatch(/^Failed dialing remote address: .+\n$/);
  });

  it.each([[[]], [['/a', '/b']]])('needs one socket, not %j', async (sockets) => {
    expect(await stage().run('fd-forward', ...sockets)).toEqual({
      code: 1,
      out: '',
      err: 'Provide a single argument\n',
    });
  });
});
