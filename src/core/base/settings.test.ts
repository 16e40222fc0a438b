import { describe, expect, it } from 'vitest';
import {
  decimalSeconds,
  duration,
  fromEnvironment,
  fromFlags,
  fromNames,
  list,
  oneOf,
  presets,
  readSettings,
  settingsTable,
  text,
  unknownNames,
  type Values,
  whole,
  yesNo,
} from './settings.ts';
import { type Millis, seconds } from './time.ts';

const settings = {
  agentTtl: duration(seconds(30), 'How long a silent machine stays.', {
    check: (value) => (value >= seconds(1) ? undefined : 'at least 1s'),
  }),
  etcdServers: list(['http://127.0.0.1:2379'], 'Where etcd answers.'),
  publicIp: text('', 'The address that others reach.', { env: 'PUBLIC_IP' }),
  requestTimeout: decimalSeconds(seconds(1), 'How long one request may take.', { name: 'etcd_request_timeout' }),
  tokenLimit: whole(100, 'Entries per page.'),
  disableEngine: yesNo(false, 'Never lead.', { flag: 'no-engine' }),
  partitionPolicy: oneOf(['keep', 'fence'], 'keep', 'What to do | without etcd.'),
};

const file = (texts: Record<string, string>) => fromNames('fleet.conf', new Map(Object.entries(texts)));
const fleetVariable = (name: string) => `FLEET_${name.toUpperCase()}`;

describe('settings', () => {
  it('have their defaults when no source speaks', () => {
    const values: Values<typeof settings> = presets(settings);
    const ttl: Millis = values.agentTtl;
    const policy: 'keep' | 'fence' = values.partitionPolicy;
    expect({ ttl, policy }).toEqual({ ttl: 30_000, policy: 'keep' });
    expect(values.etcdServers).toEqual(['http://127.0.0.1:2379']);
  });

  it('take texts by name, later sources winning', () => {
    const { values, mistakes, given } = readSettings(settings, [
      file({ agent_ttl: '3s', etcd_request_timeout: '2.5', token_limit: '7', partition_policy: 'fence' }),
      fromEnvironment({ FLEET_TOKEN_LIMIT: '9', PUBLIC_IP: '10.0.0.1', FLEET_PUBLIC_IP: 'no' }, fleetVariable),
      fromFlags(new Map([['no-engine', 'true']])),
    ]);
    expect(mistakes).toEqual([]);
    expect(values).toMatchObject({
      agentTtl: 3_000,
      requestTimeout: 2_500,
      tokenLimit: 9,
      publicIp: '10.0.0.1',
      disableEngine: true,
      partitionPolicy: 'fence',
    });
    expect(given.has('etcdServers')).toBe(false);
    expect(given.has('agentTtl')).toBe(true);
  });

  it('count a variable that is set but empty', () => {
    const environment = fromEnvironment({ PUBLIC_IP: '' });
    expect(readSettings(settings, [file({ public_ip: '10.0.0.1' }), environment]).values.publicIp).toBe('');
  });

  it.each(['http://a:1,http://b:2', '["http://a:1", "http://b:2"]', ' http://a:1 , http://b:2 ,'])(
    'read the list %s',
    (written) => {
      const { values } = readSettings(settings, [file({ etcd_servers: written })]);
      expect(values.etcdServers).toEqual(['http://a:1', 'http://b:2']);
    },
  );

  it('report every mistake at once and keep what was there before it', () => {
    const { values, mistakes } = readSettings(settings, [
      file({ agent_ttl: '5s', token_limit: 'many', partition_policy: 'pray', disable_engine: 'maybe' }),
      fromEnvironment({ FLEET_AGENT_TTL: '10ms' }, fleetVariable),
    ]);
    expect(mistakes.map((mistake) => mistake.message)).toEqual([
      'FLEET_AGENT_TTL in the environment is "10ms", expected at least 1s',
      'token_limit in fleet.conf is "many", expected a whole number',
      'disable_engine in fleet.conf is "maybe", expected true or false',
      'partition_policy in fleet.conf is "pray", expected one of keep, fence',
    ]);
    expect(values).toMatchObject({ agentTtl: 5_000, tokenLimit: 100, partitionPolicy: 'keep' });
  });

  it('know which given names are nobody’s', () => {
    expect(unknownNames(settings, ['agent_ttl', 'agentTtl', 'verify_units'])).toEqual(['agentTtl', 'verify_units']);
  });

  it('document themselves', () => {
    const table = settingsTable(settings, fleetVariable).split('\n');
    expect(table[0]).toBe('| setting | type | default | variable | meaning |');
    expect(table[2]).toBe('| `agent_ttl` | duration | `30s` | `FLEET_AGENT_TTL` | How long a silent machine stays. |');
    expect(table).toContain(
      '| `partition_policy` | keep, fence | `keep` | `FLEET_PARTITION_POLICY` | What to do \\| without etcd. |',
    );
  });
});
