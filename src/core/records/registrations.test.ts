import { describe, expect, it } from 'vitest';
import type { ContainerFacts } from './container.ts';
import { aContainer, aRegistrar, on } from './fixtures.ts';
import { imageName, type Registrar, registrations } from './registrations.ts';

const web = { '80/tcp': on(8000), '443/tcp': on(4443) };
const dns = { '53/tcp': on(53), '53/udp': on(53) };

const namesAndIds = (container: Partial<ContainerFacts>) =>
  registrations(aContainer(container), aRegistrar()).services.map(({ name, id }) => `${name} ${id}`);

describe('names and ids', () => {
  it.each<[string, Partial<ContainerFacts>, string[]]>([
    ['one port: the image name alone', { published: { '80/tcp': on(80) } }, ['nginx H:n0:80']],
    ['two ports: the port is part of the name', { published: web }, ['nginx-80 H:n0:80', 'nginx-443 H:n0:443']],
    [
      'a name for one port stands without its port',
      { published: web, environment: ['SERVICE_NAME=web', 'SERVICE_80_NAME=http', 'SERVICE_443_ID=x'] },
      ['http H:n0:80', 'web-443 x'],
    ],
    [
      'any value ignores a port, and the other keeps its suffix',
      { published: web, environment: ['SERVICE_443_IGNORE=false'] },
      ['nginx-80 H:n0:80'],
    ],
    ['SERVICE_IGNORE hides the container', { published: web, environment: ['SERVICE_IGNORE=1'] }, []],
    [
      'an empty SERVICE_IGNORE does not',
      { published: { '80/tcp': on(1) }, environment: ['SERVICE_IGNORE='] },
      ['nginx H:n0:80'],
    ],
    [
      'udp is part of the id',
      { name: 'dns', image: 'dns', published: dns },
      ['dns-53 H:dns:53', 'dns-53 H:dns:53:udp'],
    ],
    [
      'one id for two ports: both say the same',
      { name: 'dns', image: 'dns', published: dns, environment: ['SERVICE_ID=one'] },
      ['dns-53 one', 'dns-53 one'],
    ],
    [
      'a port that is only exposed is no group',
      { name: 'dns', image: 'dns', published: { '53/udp': on(53), '53/tcp': null } },
      ['dns H:dns:53:udp'],
    ],
    [
      'labels speak louder than the environment',
      { published: { '80/tcp': on(1) }, environment: ['SERVICE_NAME=env'], labels: { SERVICE_NAME: 'label' } },
      ['label H:n0:80'],
    ],
    [
      'a plain label does not overwrite what a variable says of one port',
      { published: { '80/tcp': on(1) }, environment: ['SERVICE_80_NAME=env'], labels: { SERVICE_NAME: 'label' } },
      ['env H:n0:80'],
    ],
    [
      'lower-case service_name is no metadata',
      { published: { '80/tcp': on(1) }, environment: ['service_name=x'], labels: { service_id: 'y' } },
      ['nginx H:n0:80'],
    ],
    [
      'another number than the port says nothing of it',
      { published: { '80/tcp': on(1) }, environment: ['SERVICE_81_NAME=x'] },
      ['nginx H:n0:80'],
    ],
  ])('%s', (_, container, expected) => {
    expect(namesAndIds(container)).toEqual(expected);
  });

  it('registers only what names itself when told to be explicit', () => {
    const explicit = aRegistrar({ explicit: true });
    const published = { '80/tcp': on(80) };
    expect(registrations(aContainer({ published }), explicit)).toEqual({
      services: [],
      ignored: ['service on port 80'],
    });
    const named = aContainer({ published, environment: ['SERVICE_NAME=web'] });
    expect(registrations(named, explicit).services).toMatchObject([{ name: 'web' }]);
  });

  it('begins an id with the address of the binding when there is no hostname', () => {
    const container = aContainer({ published: { '80/tcp': on(80, '10.9.9.9') } });
    expect(registrations(container, aRegistrar({ hostname: '' })).services).toMatchObject([{ id: '10.9.9.9:n0:80' }]);
  });
});

describe('addresses and ports', () => {
  const published = { '3306/tcp': on(3307) };
  it.each<[string, Partial<ContainerFacts>, Partial<Registrar>, string]>([
    ['published: the host resolves to its address', { published }, {}, '172.17.8.103:3307'],
    ['the hostname resolves to nothing', { published }, { hostAddress: undefined }, '0.0.0.0:3307'],
    ['-ip is forced', { published }, { ip: '192.0.2.9' }, '192.0.2.9:3307'],
    ['a binding to one address', { published: { '3306/tcp': on(3306, '10.9.9.9') } }, {}, '10.9.9.9:3306'],
    [
      '-ip wins over the binding',
      { published: { '3306/tcp': on(3306, '10.9.9.9') } },
      { ip: '192.0.2.9' },
      '192.0.2.9:3306',
    ],
    [
      'an IPv4 binding is preferred to one listed before it',
      { published: { '80/tcp': [...on(80, '::'), ...on(81, '10.9.9.9')] } },
      {},
      '10.9.9.9:81',
    ],
    ['a binding to :: alone counts as any address', { published: { '80/tcp': on(80, '::') } }, {}, '172.17.8.103:80'],
    ['an address left empty counts as any address', { published: { '80/tcp': on(80, '') } }, {}, '172.17.8.103:80'],
    [
      '-internal: the address and the port inside',
      { published: { '3306/tcp': null } },
      { internal: true },
      '10.1.0.2:3306',
    ],
    ['-internal: -ip has no effect', { published }, { internal: true, ip: '192.0.2.9' }, '10.1.0.2:3306'],
    [
      '-internal on a network of its own',
      { published, bridgeAddress: '', networks: { mynet: '10.7.0.2' }, networkMode: 'mynet' },
      { internal: true },
      '10.7.0.2:3306',
    ],
    [
      'the host network: the exposed port itself',
      { exposed: ['3306/tcp'], networkMode: 'host' },
      {},
      '172.17.8.103:3306',
    ],
    [
      'a user-defined network: its address, the published port',
      { published, networkMode: 'mynet', networks: { mynet: '10.7.0.2' } },
      {},
      '10.7.0.2:3307',
    ],
    [
      'the same with -ip',
      { published, networkMode: 'mynet', networks: { mynet: '10.7.0.2' } },
      { ip: '192.0.2.9' },
      '192.0.2.9:3307',
    ],
    [
      'an address from a label, without its mask',
      { published, labels: { addr: '10.8.0.7/24' } },
      { ipLabel: 'addr', ip: '192.0.2.9' },
      '10.8.0.7:3307',
    ],
    ['a label that is not there', { published }, { ipLabel: 'addr', ip: '192.0.2.9' }, '192.0.2.9:3307'],
  ])('%s', (_, container, registrar, expected) => {
    const { services } = registrations(aContainer(container), aRegistrar(registrar));
    expect(services.map(({ address, port }) => `${address}:${port}`)).toEqual([expected]);
  });

  it('takes the address of the container whose network is shared', () => {
    const neighbour = aContainer({ bridgeAddress: '10.1.0.9' });
    const container = aContainer({
      exposed: ['80/tcp'],
      networkMode: 'container:abc',
      bridgeAddress: '',
      networks: {},
    });
    expect(registrations(container, aRegistrar({ ip: '192.0.2.9' }), neighbour).services).toMatchObject([
      { address: '10.1.0.9', port: 80 },
    ]);
  });
});

describe('what is not registered is said', () => {
  it.each<[string, Partial<ContainerFacts>, string[]]>([
    ['nothing exposed', {}, ['no published ports']],
    ['exposed only', { published: { '80/tcp': null } }, ['port 80 not published on host']],
    ['an empty list of bindings', { published: { '80/tcp': [] } }, ['port 80 not published on host']],
    ['a port that is none', { exposed: ['http/tcp'] }, ['"http/tcp" is not a port']],
    ['a binding to no port', { published: { '80/tcp': on(0) } }, ['port 80 not published on host']],
    [
      'a name that would be a folder',
      { published: { '80/tcp': on(1) }, environment: ['SERVICE_NAME=web/'] },
      ['service on port 80: its name "web/" has an empty part'],
    ],
    [
      'an id that would be everything of its name',
      { published: { '80/tcp': on(1) }, environment: ['SERVICE_ID=/'] },
      ['service on port 80: its id "/" has an empty part'],
    ],
    [
      'ignored by its metadata',
      { published: { '80/tcp': on(1) }, labels: { SERVICE_IGNORE: 'x' } },
      ['service on port 80'],
    ],
  ])('%s', (_, container, ignored) => {
    expect(registrations(aContainer(container), aRegistrar())).toEqual({ services: [], ignored });
  });
});

it('leaves out the malformed port of a container, and no other', () => {
  const container = aContainer({ published: { 'x/tcp': on(1), '80/tcp': on(80) }, environment: ['SERVICE_80_ID=a/b'] });
  expect(registrations(container, aRegistrar())).toEqual({
    services: [{ name: 'nginx', id: 'a/b', address: '172.17.8.103', port: 80 }],
    ignored: ['"x/tcp" is not a port'],
  });
});

it.each([
  [{ labels: { addr: 'not an address' } }, 'its address "not an address" is neither an IP address nor a host name'],
  [{ labels: {}, bridgeAddress: '', networks: {} }, 'it has no address'],
])('says why a container that nobody could reach is not registered: %#', (facts, problem) => {
  const container = aContainer({ published: { '80/tcp': on(80) }, ...facts });
  expect(registrations(container, aRegistrar({ internal: true, ipLabel: 'addr' }))).toEqual({
    services: [],
    ignored: [`service on port 80: ${problem}`],
  });
});

it.each([
  ['redis:2.8', 'redis'],
  ['quay.io/nicoolas25/rack-webapp:latest', 'rack-webapp'],
  ['reg:5000/team/app', 'app'],
  ['reg:5000/team/app@sha256:0123', 'app'],
  ['reg:5000/team/app:1@sha256:0123', 'app'],
  ['0123456789ab', '0123456789ab'],
])('calls a service of the image %s %s', (image, name) => {
  expect(imageName(image)).toBe(name);
});
