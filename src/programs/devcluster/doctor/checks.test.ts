import { describe, expect, it } from 'vitest';
import type { PresentCluster } from '../../../core/topology/present.ts';
import type { ClusterName } from '../../../core/topology/types.ts';
import { diagnose } from './checks.ts';
import type { DoctorFacts, LocalFacts } from './facts.ts';

const gigabyte = 2 ** 30;
const engine: DoctorFacts['engine'] = {
  version: '26.1.5',
  apiVersion: '1.45',
  hostname: 'box',
  operatingSystem: 'Debian GNU/Linux 13',
  kernel: '6.12',
  architecture: 'x86_64',
  cgroupVersion: '2',
  storageDriver: 'overlay2',
  securityOptions: ['name=seccomp,profile=default', 'name=cgroupns'],
  cpus: 4,
  memoryBytes: 16 * gigabyte,
};
const local: LocalFacts = {
  inotifyInstances: 128,
  capabilityBound: 0x1fffffeffffffn,
  freeBytes: 100 * gigabyte,
  dataRoot: '/var/lib/docker',
};
const facts = (changes: Partial<DoctorFacts> = {}): DoctorFacts => ({
  engine,
  host: 'unix:///var/run/docker.sock',
  source: 'a usual socket',
  local,
  used: [{ range: '0.0.0.0/0', by: 'a route' }],
  clusters: [],
  interrupted: [],
  strayVolumes: [],
  hasSsh: true,
  ...changes,
});
const aCluster = (machines: number, subnet = '172.17.8.0/24'): PresentCluster => ({
  name: 'lab' as ClusterName,
  origin: { subnet, token: 't', founders: 3 },
  network: 'n',
  machines: Array.from({ length: machines }) as PresentCluster['machines'],
  lock: undefined,
});
const troubles = (changes: Partial<DoctorFacts>) =>
  diagnose(facts(changes)).flatMap(({ status, reason }) => (status === 'ok' ? [] : [`${status} ${reason}`]));

describe('the doctor', () => {
  it('finds nothing on a good host', () => {
    expect(troubles({})).toEqual([]);
  });

  it.each<[string, Partial<DoctorFacts>, string]>([
    [
      'an engine without private cgroup namespaces',
      { engine: { ...engine, apiVersion: '1.40' } },
      'fail ENGINE_TOO_OLD',
    ],
    [
      'an architecture without an image',
      { engine: { ...engine, architecture: 'riscv64' } },
      'fail ARCHITECTURE_UNKNOWN',
    ],
    ['a rootless engine', { engine: { ...engine, securityOptions: ['name=rootless'] } }, 'fail ENGINE_ROOTLESS'],
    ['mapped users', { engine: { ...engine, securityOptions: ['name=userns'] } }, 'fail ENGINE_USERNS_REMAP'],
    [
      'an engine in a bounded container',
      { local: { ...local, capabilityBound: 0xa80425fbn } },
      'fail CAPABILITIES_MISSING',
    ],
    ['storage that copies', { engine: { ...engine, storageDriver: 'vfs' } }, 'warn STORAGE_SLOW'],
    ['little memory', { engine: { ...engine, memoryBytes: gigabyte / 2 } }, 'warn MEMORY_LOW'],
    ['a full disk', { local: { ...local, freeBytes: gigabyte } }, 'warn DISK_LOW'],
    ['few inotify instances', { local: { ...local, inotifyInstances: 16 } }, 'warn INOTIFY_LOW'],
    ['inotify instances that machines have taken', { clusters: [aCluster(20)] }, 'warn INOTIFY_LOW'],
    ['a network in the way', { used: [{ range: '172.17.0.1/16', by: 'docker0' }] }, 'warn SUBNET_TAKEN'],
    ['an interrupted up', { interrupted: ['lab'] }, 'warn CLUSTER_INTERRUPTED'],
    ['volumes without a cluster', { strayVolumes: ['lab-core-01-etcd'] }, 'warn VOLUMES_LEFT'],
    ['a host without ssh', { hasSsh: false }, 'warn SSH_MISSING'],
  ])('finds %s, and says what to do', (_, changes, trouble) => {
    expect(troubles(changes)).toEqual([trouble]);
    expect(diagnose(facts(changes)).find(({ status }) => status !== 'ok')?.fix).toBeTruthy();
  });

  it('does not take a cluster’s own subnet for a clash', () => {
    expect(troubles({ clusters: [aCluster(3)], used: [{ range: '172.17.8.1/24', by: 'br-1' }] })).toEqual([]);
  });

  it('does not complain about what it cannot see', () => {
    expect(troubles({ local: undefined })).toEqual([]);
  });
});
