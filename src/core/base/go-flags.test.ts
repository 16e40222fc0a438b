import { describe, expect, it } from 'vitest';
import { goFlagUsage, parseGoFlags } from './go-flags.ts';
import { text, yesNo } from './settings.ts';

const settings = {
  addr: text('127.0.0.1:53', 'Where to listen.'),
  useIpFromLabel: text('', 'A label.', { flag: 'useIpFromLabel' }),
  noRec: yesNo(false, 'Never forward.'),
};
const parse = (...argv: string[]) => {
  const flags = parseGoFlags(settings, argv);
  return flags.kind === 'flags' ? { texts: Object.fromEntries(flags.texts), rest: flags.rest } : flags;
};

describe("Go's flags", () => {
  it.each<[string[], Record<string, string>, string[]]>([
    [['-addr', '0.0.0.0:53'], { addr: '0.0.0.0:53' }, []],
    [['--addr=0.0.0.0:53', '-no-rec'], { addr: '0.0.0.0:53', 'no-rec': 'true' }, []],
    [['-no-rec=false', 'rest', '-addr'], { 'no-rec': 'false' }, ['rest', '-addr']],
    [['-useIpFromLabel', '-x'], { useIpFromLabel: '-x' }, []],
    [['-no-rec', '--', '-addr'], { 'no-rec': 'true' }, ['-addr']],
    [['-addr', 'a', '-addr', 'b'], { addr: 'b' }, []],
    [['-addr='], { addr: '' }, []],
  ])('%j', (argv, texts, rest) => {
    expect(parse(...argv)).toEqual({ texts, rest });
  });

  it.each([
    [['-colour'], 'flag provided but not defined: -colour'],
    [['-addr'], 'flag needs an argument: -addr'],
    [['---addr'], 'bad flag syntax: ---addr'],
  ])('%j: %s', (argv, problem) => {
    expect(parse(...argv)).toEqual({ kind: 'problem', problem });
  });

  it('knows a call for help', () => {
    expect(parse('-h')).toEqual({ kind: 'help' });
  });

  it('lists itself', () => {
    expect(goFlagUsage(settings)).toContain('  -addr text\n    \tWhere to listen. (default 127.0.0.1:53)\n');
  });
});
