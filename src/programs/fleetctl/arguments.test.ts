import { describe, expect, it } from 'vitest';
import { namesOf, type Settings } from '../../core/base/settings.ts';
import { UsageWrong } from '../../core/errors/fleetctl.ts';
import { parseCommandLine } from './arguments.ts';
import { commands } from './commands/index.ts';
import { aliases, settings } from './settings.ts';

const read = (line: string) => {
  const { command, flags, args, help, version } = parseCommandLine(line === '' ? [] : line.split(' '), commands);
  return { command: command?.name, flags: Object.fromEntries(flags), args, help, version };
};

const problemOf = (line: string): string => {
  try {
    read(line);
  } catch (cause) {
    if (cause instanceof UsageWrong) return cause.message;
  }
  return 'no problem';
};

describe('the command line', () => {
  it.each([
    ['global flags before the command', '--endpoint http://a:1 list-units', { endpoint: 'http://a:1' }],
    ['global flags after it', 'list-units --endpoint=http://a:1', { endpoint: 'http://a:1' }],
    ['long flags with one dash', 'list-units -fields=unit -no-legend', { fields: 'unit', 'no-legend': 'true' }],
    ['one letter with one dash', 'list-machines -l', { full: 'true' }],
    ['one letter with two dashes', 'list-machines --l', { full: 'true' }],
    ['a boolean set to false', 'list-units --no-legend=false', { 'no-legend': 'false' }],
    ['a value that is the next word', 'list-units --fields unit,hash', { fields: 'unit,hash' }],
    ['a value that is empty', 'list-units --fields=', { fields: '' }],
    ['a value with an equals sign', 'list-units --fields=a=b', { fields: 'a=b' }],
    ['the last of several', 'list-units --fields=a --fields=b', { fields: 'b' }],
    ['a letter with its value', 'list-units -o json', { output: 'json' }],
    ['a letter with its value attached', 'list-units -ojson', { output: 'json' }],
    ['several letters in one word', 'list-units -lo json', { full: 'true', output: 'json' }],
    ['an older spelling', 'list-units --etcd-cafile=/ca', { 'ca-file': '/ca' }],
    ['a flag that status never had', 'status --no-block', { 'no-block': 'true' }],
  ])('takes %s', (_name, line, flags) => {
    expect(read(line).flags).toEqual(flags);
  });

  it('takes flags between arguments, and what follows "--" as arguments', () => {
    expect(read('ssh -A m1 --ssh-port=2222 -- ls -l --all')).toMatchObject({
      flags: { 'forward-agent': 'true', 'ssh-port': '2222' },
      args: ['m1', 'ls', '-l', '--all'],
    });
  });

  it('knows a flag of a command only behind that command', () => {
    expect(problemOf('--no-legend list-units')).toBe('unknown flag: --no-legend');
  });

  it.each([
    ['dest', 'destroy'],
    ['star', 'start'],
    ['un', 'unload'],
    ['c', 'cat'],
    ['exp', 'explain'],
    ['compl', 'completion'],
    ['j', 'journal'],
    ['list-unit-files', 'list-unit-files'],
    ['list-units', 'list-units'],
    ['version', 'version'],
  ])('takes %s for %s', (word, command) => {
    expect(read(`--debug ${word}`).command).toBe(command);
  });

  it.each([
    ['list-u', '\tlist-unit-files\n\tlist-units\n'],
    ['ver', '\tverify\n\tversion\n'],
    ['sttaus', '\tstatus\n'],
  ])('does not guess what %s means, and says what it may be', (word, suggestions) => {
    expect(problemOf(word)).toBe(`unknown command "${word}" for "fleetctl"\n\nDid you mean this?\n${suggestions}`);
  });

  it.each([
    ['list-units --colour', 'unknown flag: --colour'],
    ['list-units -x', 'unknown flag: -x'],
    ['list-units -lx', 'unknown flag: -x'],
    ['list-units -xyz', 'unknown flag: -xyz'],
    ['list-units --fields', 'flag needs an argument: --fields'],
    ['frobnicate', 'unknown command "frobnicate" for "fleetctl"'],
  ])('refuses %s', (line, problem) => {
    expect(problemOf(line)).toBe(problem);
  });

  it.each(['-v', '--version', '-version'])('takes %s for the version, as the first word only', (flag) => {
    expect(read(flag).version).toBe(true);
    expect(problemOf(`start ${flag}`)).toBe(flag === '-v' ? 'unknown flag: -v' : 'no problem');
    expect(flag === '-v' || read(`start ${flag}`).version === false).toBe(true);
  });

  it.each(['', '-h', '--help', '--h', 'start --help', 'start -h'])('helps with "%s"', (line) => {
    const { command, help } = read(line);
    expect(help || command === undefined).toBe(true);
  });

  it('has no flag that could be the program’s and a command’s', () => {
    const names = (described: Settings) => Object.keys(described).map((key) => namesOf(described, key).flag);
    const globals = [...names(settings), ...Object.keys(aliases)];
    for (const { name, flags } of commands) {
      for (const flag of names(flags)) expect(globals, `${name} --${flag}`).not.toContain(flag);
    }
  });
});
