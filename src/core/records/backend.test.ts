import { describe, expect, it } from 'vitest';
import { entryOf, isLabel, parseBackend } from './backend.ts';

const backend = (uri: string) => {
  const parsed = parseBackend(uri);
  if ('mistake' in parsed) throw new Error(parsed.mistake);
  return parsed;
};

describe('the skydns2 backend', () => {
  it.each([
    [
      'redis',
      'redis-1',
      '172.17.8.103',
      6379,
      '/skydns/dev/webapp/redis/redis-1',
      '{"host":"172.17.8.103","port":6379}',
    ],
    ['app', 'test', '172.17.8.101', 3000, '/skydns/dev/webapp/app/test', '{"host":"172.17.8.101","port":3000}'],
    [
      'skydns',
      '172.17.8.101:skydns:53:udp',
      '172.17.8.101',
      53,
      '/skydns/dev/webapp/skydns/172.17.8.101:skydns:53:udp',
      '{"host":"172.17.8.101","port":53}',
    ],
  ])('writes %s/%s byte for byte', (name, id, address, port, key, value) => {
    expect(entryOf(backend('skydns2://10.1.42.1:4001/webapp.dev'), { name, id, address, port })).toEqual({
      key,
      value,
    });
  });

  it('lower-cases the key, since questions are', () => {
    const entry = entryOf(backend('skydns2:///WebApp.dev'), { name: 'DB', id: 'X:y', address: 'a', port: 1 });
    expect(entry.key).toBe('/skydns/dev/webapp/db/x:y');
  });
});

describe('the etcd backend', () => {
  it('writes address and port, IPv6 in brackets', () => {
    const etcd = backend('etcd://127.0.0.1:2379/services');
    const registration = { name: 'web', id: 'H:n0:80', address: '10.0.0.1', port: 80 };
    expect(entryOf(etcd, registration)).toEqual({ key: '/services/web/H:n0:80', value: '10.0.0.1:80' });
    expect(entryOf(etcd, { ...registration, address: '::1' }).value).toBe('[::1]:80');
  });
});

describe('parseBackend', () => {
  it.each([
    [
      'skydns2://10.1.42.1:4001/webapp.dev',
      { kind: 'skydns2', endpoints: ['http://10.1.42.1:4001'], domain: 'webapp.dev' },
    ],
    ['skydns2:///webapp.dev', { kind: 'skydns2', endpoints: [], domain: 'webapp.dev' }],
    ['skydns2:///webapp.dev./', { kind: 'skydns2', endpoints: [], domain: 'webapp.dev' }],
    [
      'skydns2://127.0.0.1:2379,[fd00::1]:2379/d',
      { kind: 'skydns2', endpoints: ['http://127.0.0.1:2379', 'http://[fd00::1]:2379'], domain: 'd' },
    ],
    ['etcd://h:1/a/b', { kind: 'etcd', endpoints: ['http://h:1'], prefix: '/a/b' }],
    ['etcd://h:1/a/', { kind: 'etcd', endpoints: ['http://h:1'], prefix: '/a' }],
    ['etcd://', { kind: 'etcd', endpoints: [], prefix: '' }],
  ])('reads %s', (uri, expected) => {
    expect(parseBackend(uri)).toEqual(expected);
  });

  it.each([
    ['consul://h:1', 'unrecognized adapter: consul://h:1'],
    ['webapp.dev', 'unrecognized adapter: webapp.dev'],
    ['', 'unrecognized adapter: '],
    ['skydns2://h:1', 'names no domain'],
    ['skydns2://h:1/', 'names no domain'],
    ['skydns2://h:1/web..dev', '"web..dev" in skydns2://h:1/web..dev is not a domain name'],
    ['skydns2://h:1/webapp.dev/more', 'is not a domain name'],
    ['skydns2://h:1,,h:2/d', 'names no host: "h:1,,h:2"'],
    ['etcd://user@h:1/d', 'names no host: "user@h:1"'],
  ])('says of %j: %s', (uri, mistake) => {
    expect(parseBackend(uri)).toEqual({ mistake: expect.stringContaining(mistake) });
  });
});

it.each([
  ['redis-1', true],
  ['test', true],
  ['172.17.8.101:redis:6379', false],
  ['-x', false],
  ['', false],
])('knows whether %j can be asked for by name: %s', (id, asked) => {
  expect(isLabel(id)).toBe(asked);
});
