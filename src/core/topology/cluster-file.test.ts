import { describe, expect, it } from 'vitest';
import { parseClusterFile } from './cluster-file.ts';

const draftOf = (text: string) => {
  const file = parseClusterFile(text);
  if ('mistakes' in file) throw new Error(file.mistakes.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return { ...file.draft, metadata: Object.fromEntries(file.draft.metadata) };
};
const mistakesIn = (text: string): string[] => {
  const file = parseClusterFile(text);
  return 'mistakes' in file
    ? file.mistakes.map(({ line, message, hint }) => `${line}: ${message}${hint === undefined ? '' : ` | ${hint}`}`)
    : [];
};

describe('a cluster file', () => {
  it('may be empty, and then says nothing', () => {
    expect(draftOf('')).toEqual({ metadata: {} });
    expect(draftOf('# only a comment\n')).toEqual({ metadata: {} });
  });

  it('says everything about a cluster', () => {
    const text = `
name: webapp
domain: WebApp.dev.
subnet: 10.200.3.0/24
machines:
  - metadata: { purpose: app }
  - metadata: purpose=services,disk=ssd
  -
units:
  submitted: [services/*.service]
  started:
    - services/redis@1.service
images:
  - reference: redis:2.8
    build: ../images/redis
  - alpine
folders:
  - { from: ./code, to: /code/ }
`;
    expect(draftOf(text)).toEqual({
      name: 'webapp',
      domain: 'webapp.dev',
      subnet: '10.200.3.0/24',
      machines: 3,
      metadata: { 1: { purpose: 'app' }, 2: { disk: 'ssd', purpose: 'services' }, 3: {} },
      units: [
        { path: 'services/*.service', target: 'inactive' },
        { path: 'services/redis@1.service', target: 'launched' },
      ],
      images: [{ reference: 'redis:2.8', build: '../images/redis' }, { reference: 'alpine' }],
      folders: [{ from: './code', to: '/code' }],
    });
  });

  it('may count its machines and name only those with metadata of their own', () => {
    expect(draftOf('machines: 5\nmetadata:\n  core-04: purpose=db\n')).toEqual({
      machines: 5,
      metadata: { 4: { purpose: 'db' } },
    });
  });

  it('may list units that are only submitted', () => {
    expect(draftOf('units: [a.service]').units).toEqual([{ path: 'a.service', target: 'inactive' }]);
  });

  it('reports every mistake at once, each with its line', () => {
    const text = `name: Web_App
machine: 3
domain: -bad-
subnet: 10.200.3.7/24
machines: 0
units:
  startet: [a.service]
images:
  - build: ./x
folders:
  - from: ./code
  - from: ./etc
    to: /etc
metadata:
  node-1: a=b
  core-01: nonsense
`;
    expect(mistakesIn(text)).toEqual([
      '1: the name "Web_App" may hold only lower-case letters, digits and inner dashes',
      '2: a cluster file has no key "machine" | Did you mean "machines"?',
      '3: the domain "-bad-" is not a domain name such as cluster.test',
      '4: the subnet "10.200.3.7/24" must begin at its first address: 10.200.3.0/24',
      '5: machines must be a whole number from 1 to 150, or a list',
      '7: units has no key "startet" | Did you mean "started"?',
      '9: an image needs a reference, the name that units use',
      '11: a folder needs "to"',
      '13: the place of a folder "/etc" is a folder that the machines need for themselves',
      '15: metadata has no machine "node-1" | Machines are core-01, core-02, …',
      '16: the metadata of core-01 "nonsense" must be key=value pairs, and "nonsense" is not',
    ]);
  });

  it('names the known keys when a key resembles none of them', () => {
    expect(mistakesIn('colour: red')).toEqual([
      '1: a cluster file has no key "colour" | The keys are: name, machines, metadata, domain, subnet, units, images, folders.',
    ]);
  });

  it('refuses metadata for a machine that the cluster does not have', () => {
    expect(mistakesIn('machines: 2\nmetadata: { core-03: a=b }')).toEqual([
      '2: metadata names core-03, but the cluster has 2 machines',
    ]);
  });

  it('says where YAML itself breaks', () => {
    expect(mistakesIn('name: a\nname: b\n')[0]).toMatch(/^2: /);
    expect(mistakesIn('name: [a\n')[0]).toMatch(/^\d: /);
  });

  it('must be a mapping', () => {
    expect(mistakesIn('- a\n- b\n')).toHaveLength(1);
  });
});
