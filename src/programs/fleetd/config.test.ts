import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seconds } from '../../core/base/time.ts';
import { parseIni, parseMetadata, readConfig } from './config.ts';

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

  it('keeps the default of what cannot be read, and says so', async () => {
    const { config, mistakes } = await reading('verbosity=much\nunknown=1\n');
    expect(config.verbosity).toBe(0);
    expect(mistakes.map(({ key }) => key)).toEqual(['verbosity']);
  });

  it('refuses an agent_ttl that is no duration', async () => {
    await expect(reading('agent_ttl=soon\n')).rejects.toMatchObject({ code: 'SETTING_UNUSABLE' });
  });

  it('names the options that are no longer supported', async () => {
    const { retired } = await reading('verify_units=true\n', { FLEET_AUTHORIZED_KEYS_FILE: '/x' });
    expect(retired).toEqual(['verify_units', 'authorized_keys_file']);
  });

  it('cannot come from a directory, from nowhere, or from what is no key=value', async () => {
    await expect(readConfig(directory, {})).rejects.toThrow(`Provided config ${directory} is a directory, not a file`);
    await expect(readConfig(join(directory, 'none'), {})).rejects.toThrow(/^Unable to use config file .*none: /);
    await expect(reading('what is this\n')).rejects.toThrow('line 1 is not key=value: what is this');
  });
});

it.each([
  ['spaces around', 'a = 1 ', { a: '1' }],
  ['quotes', `a="1"\nb='2'`, { a: '1', b: '2' }],
  ['keys in any case', 'Agent_TTL=3s', { agent_ttl: '3s' }],
  ['comments', '# a\n; b\na=1 # c\nb=2;d', { a: '1', b: '2' }],
  ['joined lines', 'a=1,\\\n  2', { a: '1,2' }],
  ['keys outside any section only', 'a=1\n[other]\na=2\n', { a: '1' }],
  ['values with an equals sign', 'a=b=c', { a: 'b=c' }],
])('a config file may have %s', (_, content, keys) => {
  expect(Object.fromEntries(parseIni('f', content))).toEqual(keys);
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
