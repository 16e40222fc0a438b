import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

const parsed = (...argv: string[]) => {
  let [out, err] = ['', ''];
  const line = parseCommandLine(argv, {
    fleetctlPath: '/fleetctl.mjs',
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  return { line, out, err };
};

describe('the command line', () => {
  it('ends with 0 after help and version, on stdout', () => {
    expect(parsed('--help')).toMatchObject({ line: 0, out: expect.stringContaining('up [options]'), err: '' });
    expect(parsed('up', '--help')).toMatchObject({ line: 0, out: expect.stringContaining('--metadata') });
    expect(parsed('--version')).toMatchObject({ line: 0, out: '0.1.0\n' });
  });

  it.each([
    [['statsu'], 'Did you mean status?'],
    [['up', '--machine', '3'], '--machine'],
    [['status', '-o', 'yaml'], 'Allowed choices are text, json'],
    [['list', 'extra'], 'too many arguments'],
  ])('ends with 2 after %j, and says what is wrong on stderr', (argv, said) => {
    const { line, err } = parsed(...argv);
    expect(line).toBe(2);
    expect(err).toContain(said);
  });

  it('ends with 2 and shows help when there is no command', () => {
    expect(parsed()).toMatchObject({ line: 2, err: expect.stringContaining('Usage: devcluster') });
  });

  it('lets only what changes clusters end in order after an interrupt', () => {
    expect(parsed('up').line).toMatchObject({ endsInOrder: true });
    expect(parsed('ssh', 'core-01', '--', 'ls', '--help').line).toMatchObject({ endsInOrder: false });
    expect(parsed('fleetctl', '--help').line).toMatchObject({ endsInOrder: false });
  });
});
