import { describe, expect, it } from 'vitest';
import { dnsConfigOf, nameserversIn, type Options, readOptions } from './config.ts';

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

  it.each([
    [['-addr', ':53'], '-addr in the command line is ":53", expected <ip>:<port>'],
    [['-addr', 'localhost:53'], 'expected <ip>:<port>'],
    [['-nameservers', 'dns.example.com'], 'expected a comma-separated list of <ip>:<port>'],
    [['-domain', 'a..b'], 'expected a domain name'],
    [['-rtimeout', 'soon'], 'expected a duration'],
    [['-colour'], 'flag provided but not defined: -colour'],
  ])('%j: %s', (argv, mistake) => {
    expect(() => options(argv)).toThrow(mistake);
  });

  it('know a question for the version, whatever else is wrong', () => {
    expect(readOptions(['--version', '-addr', 'x'], {})).toEqual({ kind: 'version' });
  });
});

describe('the name servers of the system', () => {
  it('are forwarded to, but never the server itself', () => {
    const text = '# by the engine\nnameserver 127.0.0.1\nnameserver 127.0.0.11\nnameserver fd00::1\noptions ndots:0\n';
    expect(nameserversIn(text, new Set(['127.0.0.1']))).toEqual(['127.0.0.11:53', '[fd00::1]:53']);
  });
});
