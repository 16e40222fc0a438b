import { expect, it } from 'vitest';
import { parseArguments } from './arguments.ts';

it.each([
  ['nothing', [], { kind: 'run', config: undefined }],
  ['a config file', ['-config', '/etc/f.conf'], { kind: 'run', config: '/etc/f.conf' }],
  ['two dashes and an equals sign', ['--config=/etc/f.conf'], { kind: 'run', config: '/etc/f.conf' }],
  ['-version', ['-version'], { kind: 'version' }],
  ['--version', ['--version'], { kind: 'version' }],
  ['the word version', ['version'], { kind: 'version' }],
  ['help', ['--help'], { kind: 'help' }],
  ['another word', ['list-units'], { kind: 'stray' }],
  ['a setting as a flag', ['-verbosity=1'], { kind: 'unknown', problem: 'flag provided but not defined: -verbosity' }],
  ['a flag without its value', ['-config'], { kind: 'unknown', problem: 'flag needs an argument: -config' }],
])('understands %s', (_, argv, meaning) => {
  expect(parseArguments(argv)).toEqual(meaning);
});
