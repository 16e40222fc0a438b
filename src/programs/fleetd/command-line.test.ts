import { expect, it } from 'vitest';
import { ConfigIsDirectory } from '../../core/errors/fleetd.ts';
import { usage } from './arguments.ts';
import { runCommandLine } from './command-line.ts';

const ran = async (argv: readonly string[], daemon: (config: string | undefined) => Promise<void>) => {
  const [out, err]: [string[], string[]] = [[], []];
  const streams = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  return { code: await runCommandLine(argv, streams, daemon), out: out.join(''), err: err.join('') };
};
const never = async () => {
  throw new Error('nobody asked for the daemon');
};
const stray = `fleetd takes no arguments. Did you mean to invoke fleetctl instead?\n${usage}`;

it.each([
  [['-version'], { code: 0, out: 'fleetd version 1.0.0\n', err: '' }],
  [['--version'], { code: 0, out: 'fleetd version 1.0.0\n', err: '' }],
  [['version'], { code: 0, out: 'fleetd version 1.0.0\n', err: '' }],
  [['-help'], { code: 0, out: usage, err: '' }],
  [['list-units'], { code: 1, out: '', err: stray }],
  [['-config', '/etc/f.conf', 'list-units'], { code: 1, out: '', err: stray }],
  [['version', 'please'], { code: 1, out: '', err: stray }],
  [['-verbosity=1'], { code: 2, out: '', err: `flag provided but not defined: -verbosity\n${usage}` }],
  [['-config'], { code: 2, out: '', err: `flag needs an argument: -config\n${usage}` }],
  [
    ['-version=maybe'],
    { code: 2, out: '', err: `-version in the command line is "maybe", expected true or false\n${usage}` },
  ],
])('fleetd %j says so and ends', async (argv, outcome) => {
  expect(await ran(argv, never)).toEqual(outcome);
});

it.each([
  [[], undefined],
  [['-config', '/etc/f.conf'], '/etc/f.conf'],
  [['--config=/etc/f.conf', '-version=false'], '/etc/f.conf'],
])('fleetd %j runs', async (argv, config) => {
  const asked: (string | undefined)[] = [];
  expect(await ran(argv, async (path) => void asked.push(path))).toEqual({ code: 0, out: '', err: '' });
  expect(asked).toEqual([config]);
});

it('what keeps the daemon from running is said with its remedy, and exit code 1', async () => {
  const outcome = await ran([], async () => {
    throw new ConfigIsDirectory({ path: '/etc/fleet' });
  });
  expect(outcome).toEqual({
    code: 1,
    out: '',
    err: 'FATAL Provided config /etc/fleet is a directory, not a file\nTry: Name the file itself: -config /etc/fleet/fleet.conf.\n',
  });
});

it('a bug is not caught', async () => {
  await expect(ran([], never)).rejects.toThrow('nobody asked for the daemon');
});
