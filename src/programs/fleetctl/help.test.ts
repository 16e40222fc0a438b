import { expect, it } from 'vitest';
import { commands } from './commands/index.ts';
import { stage } from './fixtures.ts';
import { version } from './version.ts';

it.each(['', '--help', '-h', 'help'])('tells the version and every command on stdout: fleetctl %s', async (line) => {
  const { code, out, err } = await stage().run(...line.split(' ').filter((word) => word !== ''));
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toContain(version);
  for (const { name, summary } of commands) expect(out).toContain(`  ${name.padEnd(15)}  ${summary}\n`);
  expect(out).toContain('  --endpoint=unix:///var/run/fleet.sock  ');
});

it.each(['help list-units', 'list-units --help', 'list-units -h', 'help list-units extra'])(
  'tells about one command: fleetctl %s',
  async (line) => {
    const { code, out } = await stage().run(...line.split(' '));
    expect(code).toBe(0);
    expect(out).toContain('Usage: fleetctl list-units [flags]\n');
    expect(out).toContain('  -l, --full ');
    expect(out).toContain(
      '  --fields=unit,machine,active,sub  Columns to print: unit, load, active, sub, machine, hash.\n',
    );
  },
);

it('does not show what is only understood', async () => {
  expect((await stage().run('help', 'status')).out).not.toContain('no-block');
  expect((await stage().run('help', 'start')).out).not.toContain('sign');
});

it.each(['list-u', 'help nope', 'start --foo x', 'journal --lines=many x', 'list-units -o yaml'])(
  'a wrong command line prints nothing on stdout, and no script takes it for success: fleetctl %s',
  async (line) => {
    const { code, out, err } = await stage().run(...line.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Error: .+\n(.*\n)*Try: Run "fleetctl .*--help" for usage\.\n$/);
  },
);

it.each(['version', '--version', '-v', '--version list-units'])('fleetctl %s tells the version', async (line) => {
  expect(await stage().run(...line.split(' '))).toEqual({ code: 0, out: `fleetctl version ${version}\n`, err: '' });
});
