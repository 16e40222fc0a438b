import { describe, expect, it } from 'vitest';
import { defaultDnsConfig, hostmasterOf, overlayConfig } from './config.ts';

const overlaid = (members: unknown) => {
  const result = overlayConfig(defaultDnsConfig, JSON.stringify(members));
  if ('mistake' in result) throw new Error(result.mistake);
  return result.config;
};

describe('/skydns/config', () => {
  it('lays the members that are present over the rest', () => {
    expect(
      overlaid({ dns_addr: '0.0.0.0:53', domain: 'WebApp.dev.', nameservers: ['8.8.8.8:53', '8.8.4.4:53'], ttl: 120 }),
    ).toEqual({
      ...defaultDnsConfig,
      listen: '0.0.0.0:53',
      domain: 'webapp.dev',
      nameservers: ['8.8.8.8:53', '8.8.4.4:53'],
      ttl: 120,
    });
  });

  it('wins with false and 0 where they mean something', () => {
    const base = { ...defaultDnsConfig, cacheSize: 100 };
    const result = overlayConfig(base, '{"round_robin":false,"rcache":0,"nameservers":[]}');
    expect(result).toEqual({ config: { ...base, roundRobin: false, cacheSize: 0 } });
  });

  it('falls back where 0 or nothing means unset', () => {
    const zero = { ttl: 0, min_ttl: 0, priority: 0, rcache_ttl: 0, read_timeout: 0, ndot: 0, domain: '' };
    expect(overlaid(zero)).toEqual(defaultDnsConfig);
  });

  it('counts the read timeout in nanoseconds, and takes both spellings of ndots', () => {
    expect(overlaid({ read_timeout: 500_000_000, ndots: 3 })).toMatchObject({ readTimeout: 500, minLabels: 3 });
    expect(overlaid({ ndot: 1 })).toMatchObject({ minLabels: 1 });
  });

  it('matches members without regard to case, and takes null for nothing', () => {
    expect(overlaid({ TTL: 30, Domain: 'a.dev', min_ttl: null })).toMatchObject({
      ttl: 30,
      domain: 'a.dev',
      negativeTtl: 60,
    });
  });

  it('knows every setting of DNS by its member', () => {
    expect(
      overlaid({
        dns_addr: '10.0.0.1:5353',
        domain: '.',
        nameservers: ['192.0.2.1:53'],
        no_rec: true,
        hostmaster: 'dns@example.com.',
        local: 'host1.skydns.local.',
        round_robin: false,
        ns_rotate: false,
        read_timeout: 1_500_000_000,
        priority: 20,
        ttl: 1,
        min_ttl: 2,
        scache: -5,
        rcache: -5,
        rcache_ttl: 3,
        ndot: 4,
        dnssec: 'Kskydns.local',
        systemd: true,
      }),
    ).toEqual({
      listen: '10.0.0.1:5353',
      domain: '',
      nameservers: ['192.0.2.1:53'],
      noForwarding: true,
      hostmaster: 'dns.example.com',
      local: 'host1.skydns.local',
      roundRobin: false,
      rotateNameservers: false,
      readTimeout: 1_500,
      priority: 20,
      ttl: 1,
      negativeTtl: 2,
      signatureCache: 0,
      cacheSize: 0,
      forwardedTtl: 3,
      minLabels: 4,
      dnssec: 'Kskydns.local',
      systemd: true,
    });
  });

  it('may name every address by the port alone, as Go does', () => {
    expect(overlaid({ dns_addr: ':53' })).toMatchObject({ listen: '0.0.0.0:53' });
  });

  it('ignores members it does not know', () => {
    expect(overlaid({ colour: 'blue' })).toEqual(defaultDnsConfig);
  });

  it.each([
    ['', 'the value is not JSON'],
    ['[]', 'the value is not a JSON object'],
    ['{"ttl":"60"}', 'ttl must be a whole number'],
    [
      '{"domain":"a..b","round_robin":1}',
      'round_robin must be true or false; domain in the value is "a..b", expected a domain name',
    ],
    [
      '{"nameservers":["dns.example.com"]}',
      'nameservers in the value is "dns.example.com", expected a comma-separated list of <ip>:<port>',
    ],
    ['{"nameservers":"8.8.8.8:53"}', 'nameservers must be a list of texts'],
    ['{"ttl":1.5}', 'ttl must be a whole number'],
    ['{"ttl":-1}', 'ttl in the value is "-1", expected a whole number from 0 to 2147483647'],
    ['{"read_timeout":"2s"}', 'read_timeout must be a whole number'],
    ['{"dns_addr":"localhost:53"}', 'dns_addr in the value is "localhost:53", expected <ip>:<port>'],
  ])('says what is wrong with %s', (json, mistake) => {
    expect(overlayConfig(defaultDnsConfig, json)).toEqual({ mistake });
  });
});

it('derives the hostmaster from the domain unless it is given', () => {
  expect(hostmasterOf({ ...defaultDnsConfig, domain: 'webapp.dev' })).toBe('hostmaster.webapp.dev');
  expect(hostmasterOf(overlaid({ hostmaster: 'dns@example.com' }))).toBe('dns.example.com');
});
