import { expect, it } from 'vitest';
import { parseBackend } from './backend.ts';
import { madeBy } from './stale.ts';

const backend = parseBackend('skydns2:///webapp.dev');
if ('mistake' in backend) throw new Error(backend.mistake);

it.each([
  ['a container of this host', '/skydns/dev/webapp/redis/core-01:n0:6379', 'containers'],
  ['its udp port', '/skydns/dev/webapp/dns-53/core-01:dns:53:udp', 'containers'],
  ['a unit of this host', '/skydns/dev/webapp/website/core-01:website.service:8080', 'units'],
  ['another host', '/skydns/dev/webapp/redis/core-011:n0:6379', undefined],
  ['another host whose address begins alike', '/skydns/dev/webapp/redis/core:n0:6379', undefined],
  ['an id that somebody chose', '/skydns/dev/webapp/redis/redis-1', undefined],
  ['an id with more to it', '/skydns/dev/webapp/redis/core-01:n0:6379:tcp', undefined],
  ['an id without a port', '/skydns/dev/webapp/redis/core-01:n0', undefined],
])('%s: %s was made for %s', (_, key, claimants) => {
  expect(madeBy('Core-01', 'containers', backend)(key)).toBe(claimants === 'containers');
  expect(madeBy('Core-01', 'units', backend)(key)).toBe(claimants === 'units');
});

it('claims nothing for a host without a name', () => {
  expect(madeBy('', 'containers', backend)('/skydns/dev/webapp/redis/:n0:6379')).toBe(false);
});
