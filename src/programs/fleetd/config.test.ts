import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { complaintsAbout, parseMetadata, readConfig, waitingForRestart } from './config.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'config-'));
});
afterEach(() => rm(directory, { recursive: true }));

const reading = async (content: string, env: Readonly<Record<string, string>> = {}) => {
  const path = join(directory, 'fleet.conf');
  await writeFile(path, content);
  return readConfig(path, env);
};

describe('the configuration', () => {
  it('comes from the file, and above it from the environment', async () => {
    const { config } = await reading('agent_ttl=3s\npublic_ip = 10.0.0.1\nverbosity=1\n', {
      FLEET_PUBLIC_IP: '10.0.0.2',
      FLEET_VERBOSITY: '2',
    });
    expect(config).toMatchObject({ agentTtl: seconds(3), publicIp: '10.0.0.2', verbosity: 2 });
  });

  it('counts a variable that is set but empty', async () => {
    const { config } = await reading('public_ip=10.0.0.1\n', { FLEET_PUBLIC_IP: '' });
    expect(config.publicIp).toBe('');
  });

  it("has fleet's defaults", async () => {
    const { config } = await reading('');
    expect(config).toMatchObject({
      agentTtl: seconds(30),
      engineReconcileInterval: seconds(2),
      etcdServers: ['http://127.0.0.1:2379', 'http://127.0.0.1:4001'],
      etcdKeyPrefix: '/_coreos.com/fleet/',
      etcdRequestTimeout: seconds(1),
      unitsDirectory: '/run/fleet/units/',
      tokenLimit: 100,
      disableEngine: false,
    });
  });

  it('reads lists and metadata in every spelling', async () => {
    const { config } = await reading(
      'etcd_servers=["http://a:1", "http://b:2"]\nmetadata="disk=ssd, region = us=east,x"\n',
    );
    expect(config.etcdServers).toEqual(['http://a:1', 'http://b:2']);
    expect(config.staticMetadata).toEqual({ disk: 'ssd', region: 'us=east' });
  });

  it.each([
    ['verbosity', 'much', 'a whole number', 'verbosity', 0],
    ['etcd_servers', '[]', 'not empty', 'etcdServers', ['http://127.0.0.1:2379', 'http://127.0.0.1:4001']],
    ['etcd_key_prefix', '', 'not empty', 'etcdKeyPrefix', '/_coreos.com/fleet/'],
    ['etcd_request_timeout', '1s', 'a number of seconds such as 1.0', 'etcdRequestTimeout', seconds(1)],
    ['engine_reconcile_interval', '0', 'more than 0', 'engineReconcileInterval', seconds(2)],
    ['partition_policy', 'flee', 'one of keep, fence', 'partitionPolicy', 'keep'],
    ['disable_engine', 'maybe', 'true or false', 'disableEngine', false],
    ['token_limit', '0', 'from 1 to 65535', 'tokenLimit', 100],
  ] as const)('keeps the default of a %s that is %j, and says so', async (key, written, expected, name, preset) => {
    const read = await reading(`${key}="${written}"\n`);
    expect(read.config[name]).toEqual(preset);
    const path = join(directory, 'fleet.conf');
    expect(complaintsAbout(read)).toEqual([
      `Config option ignored: ${key} in ${path} is "${written}", expected ${expected}`,
    ]);
  });

  it('says so when it does not know an option', async () => {
    const read = await reading('verbosty=1\n[section]\nother=1\n');
    expect(complaintsAbout(read)).toEqual(['Config option verbosty is not known - ignoring']);
  });

  it('names what a running daemon cannot change', async () => {
    const { config: before } = await reading('etcd_servers=http://a:1\nagent_ttl=3s\n');
    const { config: after } = await reading('etcd_servers=http://b:1\nagent_ttl=5s\nunits_directory=/x\n');
    expect(waitingForRestart(before, after)).toEqual(['etcd_servers', 'units_directory']);
    expect(waitingForRestart(before, before)).toEqual([]);
  });

  it.each(['soon', '', '30', '10ms'])('refuses an agent_ttl that is %j', async (written) => {
    await expect(reading(`agent_ttl="${written}"\n`)).rejects.toMatchObject({ code: 'SETTING_UNUSABLE' });
  });

  it('names the options that are no longer supported', async () => {
    expect(complaintsAbout(await reading('verify_units=true\n', { FLEET_AUTHORIZED_KEYS_FILE: '/x' }))).toEqual([
      'Config option verify_units is no longer supported - ignoring',
      'Config option authorized_keys_file is no longer supported - ignoring',
    ]);
  });

  it('cannot come from a directory, from nowhere, or from what is no key=value', async () => {
    await expect(readConfig(directory, {})).rejects.toThrow(`Provided config ${directory} is a directory, not a file`);
    await expect(readConfig(join(directory, 'none'), {})).rejects.toThrow(/^Unable to use config file .*none: /);
    await expect(reading('what is this\n')).rejects.toThrow('line 1 is not key=value: what is this');
  });
});

it.each([
  ['', {}],
  ['a=1,b=2', { a: '1', b: '2' }],
  [' a = 1 , b', { a: '1' }],
  ['a=1,a=2', { a: '2' }],
  ['a=', { a: '' }],
])('metadata %j is read', (written, metadata) => {
  expect(parseMetadata(written)).toEqual(metadata);
});
