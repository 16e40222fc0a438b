import { describe, expect, it } from 'vitest';
import { aRegistrar } from './fixtures.ts';
import type { Registrar } from './registrations.ts';
import { type UnitFacts, unitRegistrations } from './unit.ts';

const website = (facts: Partial<UnitFacts> = {}): UnitFacts => ({
  name: 'website.service',
  environment: ['SERVICE_NAME=website', 'SERVICE_PORT=8080'],
  commands: [['/srv/www/website']],
  ...facts,
});
const service = { name: 'website', id: 'H:website.service:8080', address: '172.17.8.103', port: 8080 };

describe('a unit that names its service', () => {
  it.each<[string, Partial<UnitFacts>, Partial<Registrar>, Partial<typeof service>]>([
    ['is registered where its machine is', {}, {}, {}],
    ['has the address that registrator was given', {}, { ip: '192.0.2.9' }, { address: '192.0.2.9' }],
    ['has any address when the hostname has none', {}, { hostAddress: undefined }, { address: '0.0.0.0' }],
    [
      'has its address for a hostname where there is none',
      {},
      { hostname: '' },
      { id: '172.17.8.103:website.service:8080' },
    ],
    [
      'may choose its id',
      { environment: ['SERVICE_NAME=website', 'SERVICE_PORT=8080', 'SERVICE_ID=one'] },
      {},
      { id: 'one' },
    ],
    [
      'may speak of its port, as a container may',
      { environment: ['SERVICE_NAME=x', 'SERVICE_8080_NAME=www', 'SERVICE_PORT=8080', 'SERVICE_81_ID=other'] },
      {},
      { name: 'www' },
    ],
    ['need not be on the host alone to be internal', {}, { internal: true }, {}],
    ['counts as explicit', {}, { explicit: true }, {}],
    ['may have a program that only sounds like docker', { commands: [['/opt/docker-exporter', 'run']] }, {}, {}],
  ])('%s', (_, unit, registrar, expected) => {
    expect(unitRegistrations(website(unit), aRegistrar(registrar))).toEqual({
      services: [{ ...service, ...expected }],
      ignored: [],
    });
  });
});

describe('a unit that is not registered', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['says nothing of a service', ['PATH=/bin', 'SERVICE_NAME='], []],
    ['has a name only', ['SERVICE_NAME=website'], ['SERVICE_NAME without SERVICE_PORT']],
    ['has a port only', ['SERVICE_PORT=80'], ['SERVICE_PORT without SERVICE_NAME']],
    [
      'has a port that is none',
      ['SERVICE_NAME=website', 'SERVICE_PORT=80a'],
      ['SERVICE_PORT is "80a", not a port from 1 to 65535'],
    ],
    [
      'has a port beyond all ports',
      ['SERVICE_NAME=website', 'SERVICE_PORT=65536'],
      ['SERVICE_PORT is "65536", not a port from 1 to 65535'],
    ],
    ['asks to be ignored', ['SERVICE_NAME=website', 'SERVICE_PORT=80', 'SERVICE_IGNORE=false'], ['service on port 80']],
    [
      'has an id that would be a folder',
      ['SERVICE_NAME=website', 'SERVICE_PORT=80', 'SERVICE_ID=a/'],
      ['service on port 80: its id "a/" has an empty part'],
    ],
  ])('%s', (_, environment, ignored) => {
    expect(unitRegistrations(website({ environment }), aRegistrar())).toEqual({ services: [], ignored });
  });

  it.each([
    [['/usr/bin/docker', 'start', '-a', 'website']],
    [['/bin/sh', '-c', 'exec /usr/bin/docker run --rm website']],
  ])('runs a container: %j', (command) => {
    expect(unitRegistrations(website({ commands: [command] }), aRegistrar())).toEqual({
      services: [],
      ignored: ['it runs a container, which is registered by itself'],
    });
  });
});
