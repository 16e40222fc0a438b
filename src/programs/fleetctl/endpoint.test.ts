import { describe, expect, it } from 'vitest';
import { type Endpoint, parseTunnel, targetOf, urlOf } from './endpoint.ts';
import { readGlobals } from './settings.ts';

const target = (flags: Record<string, string>, env: Record<string, string> = {}) =>
  targetOf(readGlobals(new Map(Object.entries(flags)), env));

const problemOf = (flags: Record<string, string>) => {
  try {
    return target(flags);
  } catch (cause) {
    return (cause as Error).message;
  }
};

describe('an endpoint', () => {
  it.each<[string, Endpoint]>([
    ['unix:///var/run/fleet.sock', { kind: 'unix', path: '/var/run/fleet.sock' }],
    ['file:///var/run/fleet.sock', { kind: 'unix', path: '/var/run/fleet.sock' }],
    ['http://10.0.0.1:8080', { kind: 'tcp', host: '10.0.0.1', port: 8080, tls: false, basePath: '' }],
    ['http://example.test', { kind: 'tcp', host: 'example.test', port: 80, tls: false, basePath: '' }],
    ['https://example.test/fleet/', { kind: 'tcp', host: 'example.test', port: 443, tls: true, basePath: '/fleet' }],
    ['http://[fd00::1]:8080/', { kind: 'tcp', host: 'fd00::1', port: 8080, tls: false, basePath: '' }],
  ])('%s is an API', (endpoint, expected) => {
    expect(target({ endpoint })).toMatchObject({ speaks: 'API', endpoint: expected, ignored: 0 });
  });

  it.each([
    ['/var/run/fleet.sock', 'Unable to initialize client: URL scheme undefined'],
    ['', 'Unable to initialize client: URL scheme undefined'],
    ['unix://var/run/fleet.sock', 'Unable to initialize client: unable to connect to host "var" with scheme "unix"'],
    ['http://', 'Unable to initialize client: URL "http://" unreadable'],
    ['http://a:99999', 'Unable to initialize client: URL "http://a:99999" unreadable'],
    ['gopher://host:70', 'Unable to initialize client: URL scheme "gopher" unsupported'],
  ])('%s leads nowhere', (endpoint, problem) => {
    expect(problemOf({ endpoint })).toBe(problem);
  });

  it('takes the first of several APIs, and says how many it leaves', () => {
    expect(target({ endpoint: 'http://a:1, http://b:2' })).toMatchObject({ written: 'http://a:1', ignored: 1 });
  });

  it.each([
    ['an etcd port', { endpoint: 'http://10.1.1.7:4001' }, ['http://10.1.1.7:4001']],
    ['the other etcd port', { endpoint: 'http://localhost:2379' }, ['http://localhost:2379']],
    ['the driver', { driver: 'etcd', endpoint: 'http://a:1,http://b:2' }, ['http://a:1', 'http://b:2']],
    ['the driver alone', { driver: 'etcd' }, ['http://127.0.0.1:2379', 'http://127.0.0.1:4001']],
    ['an old flag', { 'experimental-api': 'false' }, ['http://127.0.0.1:2379', 'http://127.0.0.1:4001']],
    [
      'the driver over TLS',
      { driver: 'etcd', endpoint: 'https://a/,http://[::1]:4' },
      ['https://a:443', 'http://[::1]:4'],
    ],
    ['any port of it first', { endpoint: 'http://a:2379,http://b:1' }, ['http://a:2379', 'http://b:1']],
  ])('speaks to etcd itself by %s', (_name, flags, expected) => {
    const { speaks, ...rest } = target(flags);
    expect(speaks).toBe('etcd');
    expect('endpoints' in rest && rest.endpoints.map(urlOf)).toEqual(expected);
  });

  it('takes the old flag for nothing where an endpoint or a driver is named', () => {
    expect(target({ 'experimental-api': 'false', driver: 'API' })).toMatchObject({ speaks: 'API' });
    expect(target({ 'experimental-api': 'false', endpoint: 'http://a:2379' })).toMatchObject({ speaks: 'etcd' });
  });

  it.each([
    ['unix:///var/run/etcd.sock', 'unable to connect to etcd at "unix:///var/run/etcd.sock"'],
    ['http://a:2379,b', 'URL scheme undefined'],
    ['http://a:2379,', 'URL scheme undefined'],
  ])('finds no etcd at %s', (endpoint, why) => {
    expect(problemOf({ driver: 'etcd', endpoint })).toBe(`Unable to initialize client: ${why}`);
  });

  it('is an API at an etcd port too, when the driver says so', () => {
    expect(target({ endpoint: 'http://a:4001', driver: 'API' })).toMatchObject({ speaks: 'API' });
  });

  it('does not know other drivers', () => {
    expect(problemOf({ driver: 'grpc' })).toBe('Unable to initialize client: unrecognized driver "grpc"');
  });
});

it.each([
  ['172.17.8.101', { host: '172.17.8.101', port: 22 }],
  ['127.0.0.1:2222', { host: '127.0.0.1', port: 2222 }],
  ['core-01', { host: 'core-01', port: 22 }],
  ['[fd00::1]:2222', { host: 'fd00::1', port: 2222 }],
  ['[fd00::1]', { host: 'fd00::1', port: 22 }],
  ['fd00::1', { host: 'fd00::1', port: 22 }],
])('a tunnel to %s', (text, expected) => {
  expect(parseTunnel(text)).toEqual(expected);
});

it.each([':22', 'host:', 'host:ssh', 'host:65536', '[fd00::1', 'fd00::1]', '[]:22'])('no tunnel to %s', (text) => {
  expect(() => parseTunnel(text)).toThrow(`Unable to initialize client: tunnel "${text}" unreadable`);
});
