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

  it('ignores members it does not know', () => {
    expect(overlaid({ colour: 'blue' })).toEqual(defaultDnsConfig);
  });

  it.each([
    ['', 'the value is not JSON'],
    ['[]', 'the value is not a JSON object'],
    ['{"ttl":"60"}', 'ttl must be a whole number'],
    ['{"domain":"a..b","round_robin":1}', 'domain must be a domain name; round_robin must be true or false'],
    ['{"nameservers":["dns.example.com"]}', 'nameservers must be a list of <ip>:<port>'],
  ])('says what is wrong with %s', (json, mistake) => {
    expect(overlayConfig(defaultDnsConfig, json)).toEqual({ mistake });
  });
});

it('derives the hostmaster from the domain unless it is given', () => {
  expect(hostmasterOf({ ...defaultDnsConfig, domain: 'webapp.dev' })).toBe('hostmaster.webapp.dev');
  expect(hostmasterOf(overlaid({ hostmaster: 'dns@example.com' }))).toBe('dns.example.com');
});
