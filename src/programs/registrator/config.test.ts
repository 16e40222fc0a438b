import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { namesOf } from '../../core/base/settings.ts';
import { readCommandLine, settings } from './config.ts';

describe('the command line', () => {
  it.each([
    [['--version'], { kind: 'version' }],
    [['-version'], { kind: 'version' }],
    [['-help'], { kind: 'help' }],
    [[], { kind: 'misused', problem: 'Missing required argument for registry URI.' }],
    [
      ['skydns2:///d', '-ip', '1.2.3.4'],
      { kind: 'misused', problem: 'Extra arguments: options must come before the registry URI.' },
    ],
    [['-colour', 'skydns2:///d'], { kind: 'misused', problem: 'flag provided but not defined: -colour' }],
    [['-ttl'], { kind: 'misused', problem: 'flag needs an argument: -ttl' }],
    [
      ['-ttl', 'x', '-internal=y', 'skydns2:///d'],
      {
        kind: 'misused',
        problem:
          '-internal in the command line is "y", expected true or false\n-ttl in the command line is "x", expected a whole number',
      },
    ],
  ])('%j', (argv, expected) => {
    expect(readCommandLine(argv)).toEqual(expected);
  });

  it('takes every option in each of the ways that Go does', () => {
    const argv = [
      '-ip',
      '10.0.0.1',
      '--internal',
      '-explicit=false',
      '-useIpFromLabel=addr',
      '--ttl',
      '30',
      '-ttl-refresh=10',
    ];
    expect(readCommandLine([...argv, 'skydns2://h:1/d'])).toMatchObject({
      kind: 'run',
      options: { ip: '10.0.0.1', internal: true, explicit: false, useIpFromLabel: 'addr', ttl: 30, ttlRefresh: 10 },
    });
  });

  it('has the defaults of the original', () => {
    expect(readCommandLine(['skydns2://h:1/d'])).toMatchObject({
      options: {
        ...{ ip: '', internal: false, explicit: false, useIpFromLabel: '', tags: '', ttl: 0, ttlRefresh: 0, resync: 0 },
        ...{ cleanup: false, deregister: 'always', retryAttempts: 0, retryInterval: 2_000, fleetUnits: '' },
      },
    });
  });

  it.each([
    [['-ttl', '10', 'skydns2:///d'], '-ttl and -ttl-refresh must be specified together or not at all'],
    [['-ttl-refresh', '10', 'skydns2:///d'], '-ttl and -ttl-refresh must be specified together or not at all'],
    [['-ttl', '10', '-ttl-refresh', '10', 'skydns2:///d'], '-ttl must be greater than -ttl-refresh'],
    [['-ttl', '-1', 'skydns2:///d'], '-ttl must not be negative'],
    [['-resync', '-1', 'skydns2:///d'], '-resync must not be negative'],
    [['-session-ttl', '-1', 'skydns2:///d'], '-session-ttl must not be negative'],
    [['-retry-attempts', '-2', 'skydns2:///d'], '-retry-attempts must be -1 or more'],
    [['-retry-interval', '0', 'skydns2:///d'], '-retry-interval must be greater than 0'],
    [['-deregister', 'never', 'skydns2:///d'], 'expected one of always, on-success'],
    [['-ip', '10.0.0', 'skydns2:///d'], '-ip is "10.0.0", expected an IP address or a host name'],
    [['-fleet-units', 'units', 'skydns2:///d'], '-fleet-units is "units", expected a path'],
    [['-docker-runtime-folder', 'moby', 'skydns2:///d'], '-docker-runtime-folder is "moby", expected a path'],
    [['consul://h:1'], 'unrecognized adapter: consul://h:1'],
    [['skydns2://h:1'], 'skydns2://h:1 names no domain'],
  ])('%j: %s', (argv, mistake) => {
    expect(() => readCommandLine(argv)).toThrow(mistake);
  });

  it('reports every mistake at once', () => {
    expect(() => readCommandLine(['-deregister', 'x', '-retry-interval', '0', 'consul://h'])).toThrow(
      /always, on-success.*greater than 0.*unrecognized adapter/,
    );
  });
});

describe('docs/registrator.md', () => {
  const text = readFileSync(new URL('../../../docs/registrator.md', import.meta.url), 'utf8');
  const rows = new Map(
    [...text.matchAll(/^\| `-([\w-]+)` +\| ([^|]*)\| ([^|]*)\|/gm)].map(([, flag = '', preset = '', help = '']) => [
      flag,
      { preset: preset.trim().replaceAll('`', ''), help: help.trim().replaceAll('`', '') },
    ]),
  );

  it.each(Object.keys(settings))('describes the option of %s as it is', (key) => {
    const setting = settings[key as keyof typeof settings];
    expect(rows.get(namesOf(settings, key).flag)).toEqual({
      preset: setting.print(setting.preset as never),
      help: setting.help,
    });
  });

  it('describes no other', () => {
    expect([...rows.keys()]).toEqual(Object.keys(settings).map((key) => namesOf(settings, key).flag));
  });
});
