import { describe, expect, it } from 'vitest';
import { dnsConfigOf, nameserversIn, type Options, prefixOf, readOptions } from './config.ts';

function options(argv: readonly string[], env: Record<string, string> = {}): Options {
  const commandLine = readOptions(argv, env);
  if (commandLine.kind !== 'run') throw new Error(commandLine.kind);
  return commandLine.options;
}

describe("skydns's options", () => {
  it('have the defaults of SkyDNS', () => {
    expect(dnsConfigOf(options([]), ['192.0.2.1:53'])).toMatchObject({
      listen: '127.0.0.1:53',
      domain: 'skydns.local',
      nameservers: ['192.0.2.1:53'],
      roundRobin: true,
      readTimeout: 2_000,
      ttl: 3_600,
      negativeTtl: 60,
      minLabels: 2,
    });
  });

  it('come from the environment, and above it from the command line', () => {
    const env = { SKYDNS_ADDR: '0.0.0.0:53', SKYDNS_DOMAIN: 'a.dev', ETCD_MACHINES: 'http://a:1,http://b:1' };
    const given = options(['--domain=WebApp.dev.', '-nameservers', '8.8.8.8:53,8.8.4.4:53', '-round-robin=false'], env);
    expect(given.machines).toEqual(['http://a:1', 'http://b:1']);
    expect(dnsConfigOf(given, ['192.0.2.1:53'])).toMatchObject({
      listen: '0.0.0.0:53',
      domain: 'webapp.dev',
      nameservers: ['8.8.8.8:53', '8.8.4.4:53'],
      roundRobin: false,
    });
  });

  it('leave the variables that are set to nothing out, and a 0 where it makes no sense', () => {
    const env = { SKYDNS_ADDR: '', SKYDNS_NDOTS: '0', ETCD_MACHINES: '' };
    expect(options(['-rtimeout', '0s', '-rcache-ttl=0', '-rcache=-7', '-scache', '-1'], env)).toMatchObject({
      listen: '127.0.0.1:53',
      minLabels: 2,
      machines: ['http://127.0.0.1:2379', 'http://127.0.0.1:4001'],
      readTimeout: 2_000,
      forwardedTtl: 60,
      cacheSize: 0,
      signatureCache: 0,
    });
  });

  /** Every flag that SkyDNS 2.5 documents, with its variable where it has one. @see skydns.md 2.2 */
  it.each<[string, string, unknown, string?]>([
    ['-addr', '10.0.0.1:5353', { listen: '10.0.0.1:5353' }, 'SKYDNS_ADDR'],
    ['-domain', 'Example.com', { domain: 'example.com' }, 'SKYDNS_DOMAIN'],
    ['-nameservers', '192.0.2.1:53', { nameservers: ['192.0.2.1:53'] }, 'SKYDNS_NAMESERVERS'],
    ['-no-rec', 'true', { noForwarding: true }],
    ['-hostmaster', 'dns@example.com', { hostmaster: 'dns.example.com' }],
    ['-local', 'host1.example.com.', { local: 'host1.example.com' }],
    ['-round-robin', 'false', { roundRobin: false }],
    ['-ns-rotate', 'false', { rotateNameservers: false }],
    ['-rtimeout', '500ms', { readTimeout: 500 }],
    ['-scache', '5', { signatureCache: 5 }],
    ['-rcache', '6', { cacheSize: 6 }],
    ['-rcache-ttl', '7', { forwardedTtl: 7 }],
    ['-ndots', '1', { minLabels: 1 }, 'SKYDNS_NDOTS'],
    ['-dnssec', 'Kskydns.local', { dnssec: 'Kskydns.local' }],
    ['-systemd', 'true', { systemd: true }, 'SKYDNS_SYSTEMD'],
    ['-machines', 'https://a:2379,http://b:4001', { machines: ['https://a:2379', 'http://b:4001'] }, 'ETCD_MACHINES'],
    ['-tls-key', '/k', { tlsKey: '/k' }, 'ETCD_TLSKEY'],
    ['-tls-pem', '/c', { tlsPem: '/c' }, 'ETCD_TLSPEM'],
    ['-ca-cert', '/a', { caCert: '/a' }, 'ETCD_CACERT'],
    ['-username', 'u', { username: 'u' }, 'ETCD_USERNAME'],
    ['-password', 'p', { password: 'p' }, 'ETCD_PASSWORD'],
    ['-path-prefix', 'other', { pathPrefix: 'other' }, 'SKYDNS_PATH_PREFIX'],
    ['-stubzones', 'true', { stubzones: true }],
    ['-verbose', 'true', { verbose: true }],
    ['-etcd3', 'true', { etcd3: true }],
    ['-prometheus-port', '9153', { prometheusPort: 9_153 }, 'PROMETHEUS_PORT'],
    ['-prometheus-path', '/m', { prometheusPath: '/m' }, 'PROMETHEUS_PATH'],
    ['-prometheus-namespace', 'n', { prometheusNamespace: 'n' }, 'PROMETHEUS_NAMESPACE'],
    ['-prometheus-subsystem', 's', { prometheusSubsystem: 's' }, 'PROMETHEUS_SUBSYSTEM'],
  ])('%s %s', (flag, written, expected, variable) => {
    expect(options([`${flag}=${written}`])).toMatchObject(expected as object);
    if (variable !== undefined) expect(options([], { [variable]: written })).toMatchObject(expected as object);
  });

  it.each([
    [['-addr', ':53'], '-addr in the command line is ":53", expected <ip>:<port>'],
    [['-addr', 'localhost:53'], 'expected <ip>:<port>'],
    [['-nameservers', 'dns.example.com'], 'expected a comma-separated list of <ip>:<port>'],
    [['-domain', 'a..b'], 'expected a domain name'],
    [['-machines', '10.0.0.1:2379'], 'expected a comma-separated list of http://host:port'],
    [['-prometheus-port', '70000'], 'expected a port from 1 to 65535'],
    [['-prometheus-path', 'metrics'], 'expected a path such as /metrics'],
    [['-prometheus-namespace', 'a-b'], 'expected letters, digits and underscores'],
  ])('%j: %s', (argv, mistake) => {
    expect(() => options(argv)).toThrow(mistake);
  });

  it.each([
    [['-rtimeout', 'soon'], 'invalid value "soon" for flag -rtimeout: expected a duration such as 3s or 1m30s'],
    [['-ndots=two'], 'invalid value "two" for flag -ndots: expected a whole number'],
    [['-no-rec=perhaps'], 'invalid value "perhaps" for flag -no-rec: expected true or false'],
    [['-colour'], 'flag provided but not defined: -colour'],
    [['-addr'], 'flag needs an argument: -addr'],
  ])('%j is no use of flags at all: %s', (argv, problem) => {
    expect(readOptions(argv, {})).toEqual({ kind: 'misused', problem });
  });

  it('know a question for the version, whatever else is wrong, and one for help', () => {
    expect(readOptions(['--version', '-addr', 'x'], {})).toEqual({ kind: 'version' });
    expect(readOptions(['-h'], {})).toEqual({ kind: 'help' });
  });

  it.each(['skydns', '/skydns', '/skydns/'])('take the prefix %s for the same', (written) => {
    expect(prefixOf(options(['-path-prefix', written]))).toBe('skydns');
  });
});

describe('the name servers of the system', () => {
  it('are forwarded to, but never the server itself', () => {
    const text = '# by the engine\nnameserver 127.0.0.1\nnameserver 127.0.0.11\nnameserver fd00::1\noptions ndots:0\n';
    expect(nameserversIn(text, new Set(['127.0.0.1:53']))).toEqual(['127.0.0.11:53', '[fd00::1]:53']);
  });

  it('are forwarded to where another server has our address, at its own port', () => {
    expect(nameserversIn('nameserver 127.0.0.1\n', new Set(['127.0.0.1:5353']))).toEqual(['127.0.0.1:53']);
  });
});
