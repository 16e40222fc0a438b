/** The doctor's judgement: facts to findings, each with what is wrong, a name for it, and what to do. */
import { machineCapabilities } from '../../../core/topology/container.ts';
import { usersOf, usualSubnet } from '../../../core/topology/subnet.ts';
import type { DoctorFacts } from './facts.ts';

export interface Finding {
  /** What was looked at. */
  readonly check: string;
  /** `warn`: it works, with less comfort or room; `fail`: clusters will not come up. */
  readonly status: 'ok' | 'warn' | 'fail';
  /** Of the trouble, for other tools and for searching; absent when all is well. */
  readonly reason?: string;
  readonly found: string;
  readonly fix?: string;
}

type Check = (facts: DoctorFacts) => Finding;

/** What a machine needs: measured, with its own Docker engine in use. */
const perMachine = {
  inotifyInstances: 6,
  /** Without the containers of its units. */
  memoryBytes: 300 * 2 ** 20,
  diskBytes: 500 * 2 ** 20,
} as const;

/** Fewer make no cluster that survives a loss. */
const fewest = 3;

const ok = (check: string, found: string): Finding => ({ check, status: 'ok', found });

export const diagnose = (facts: DoctorFacts): readonly Finding[] => checks.map((check) => check(facts));

const engine: Check = ({ host, source, engine: { version } }) =>
  ok('engine', `Docker ${version} at ${host} (${source})`);

const api: Check = ({ engine: { apiVersion } }) => {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  if (major > 1 || minor >= 41) return ok('api version', apiVersion);
  return {
    check: 'api version',
    status: 'fail',
    reason: 'ENGINE_TOO_OLD',
    found: `${apiVersion}: private cgroup namespaces came with 1.41`,
    fix: 'Use Docker 20.10 or newer.',
  };
};

const architecture: Check = ({ engine: { architecture: name } }) => {
  if (['x86_64', 'amd64', 'aarch64', 'arm64'].includes(name)) return ok('architecture', name);
  return {
    check: 'architecture',
    status: 'fail',
    reason: 'ARCHITECTURE_UNKNOWN',
    found: `${name}, for which there is no machine image`,
    fix: 'Use an engine on x86_64 or aarch64.',
  };
};

const cgroups: Check = ({ engine: { cgroupVersion } }) => ok('cgroups', `version ${cgroupVersion}`);

const users: Check = ({ engine: { securityOptions } }) => {
  const has = (name: string): boolean => securityOptions.some((option) => option.startsWith(`name=${name}`));
  if (has('rootless')) {
    return {
      check: 'user namespaces',
      status: 'fail',
      reason: 'ENGINE_ROOTLESS',
      found: 'the engine is rootless: its machines may not mount cgroups, nor run an engine of their own',
      fix: 'Use a rootful engine: docker context use default, or run devcluster as root.',
    };
  }
  if (has('userns')) {
    return {
      check: 'user namespaces',
      status: 'fail',
      reason: 'ENGINE_USERNS_REMAP',
      found: 'the engine maps users (userns-remap), so that systemd in a machine has no right to its cgroups',
      fix: 'Remove "userns-remap" from /etc/docker/daemon.json and restart Docker.',
    };
  }
  return ok('user namespaces', 'not in the way');
};

/** The kernel's numbers of the capabilities that machines are given. @see capabilities(7), linux/capability.h */
const capabilityNumbers: Readonly<Record<(typeof machineCapabilities)[number], bigint>> = {
  NET_ADMIN: 12n,
  SYS_PTRACE: 19n,
  SYS_ADMIN: 21n,
};

const capabilities: Check = ({ local }) => {
  const bound = local?.capabilityBound;
  if (bound === undefined) return ok('capabilities', 'not to be seen from here');
  const missing = machineCapabilities.filter((name) => ((bound >> capabilityNumbers[name]) & 1n) === 0n);
  if (missing.length === 0) return ok('capabilities', 'the engine has those that machines need');
  return {
    check: 'capabilities',
    status: 'fail',
    reason: 'CAPABILITIES_MISSING',
    found: `the engine itself runs without ${missing.join(', ')}, and cannot give machines what it has not`,
    fix: 'If this host is a container, start it with these capabilities (or --privileged).',
  };
};

const storage: Check = ({ engine: { storageDriver } }) => {
  if (['overlay2', 'overlayfs', 'btrfs', 'zfs', 'stargz'].includes(storageDriver)) return ok('storage', storageDriver);
  return {
    check: 'storage',
    status: 'warn',
    reason: 'STORAGE_SLOW',
    found: `${storageDriver}: every machine gets a full copy of its image, which takes time and space`,
    fix: 'Put the engine’s data on ext4 or xfs, where it can use overlay2.',
  };
};

const room = (count: number): string => `room for about ${count} machine${count === 1 ? '' : 's'}`;

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

const memory: Check = ({ engine: { memoryBytes } }) => {
  const count = Math.floor(memoryBytes / perMachine.memoryBytes);
  const found = `${gigabytes(memoryBytes)}: ${room(count)}`;
  if (count >= fewest) return ok('memory', found);
  return { check: 'memory', status: 'warn', reason: 'MEMORY_LOW', found, fix: 'Give the engine’s host more memory.' };
};

const disk: Check = ({ local }) => {
  if (local?.freeBytes === undefined) return ok('disk', 'not to be seen from here');
  const { freeBytes, dataRoot } = local;
  const found = `${gigabytes(freeBytes)} free in ${dataRoot}`;
  if (freeBytes >= 2 * 2 ** 30 + fewest * perMachine.diskBytes) return ok('disk', found);
  return {
    check: 'disk',
    status: 'warn',
    reason: 'DISK_LOW',
    found,
    fix: 'Remove what is not used: devcluster image prune, docker system prune.',
  };
};

const inotify: Check = ({ local, clusters }) => {
  const instances = local?.inotifyInstances;
  if (instances === undefined) return ok('inotify', 'not to be seen from here');
  const machines = clusters.reduce((sum, cluster) => sum + cluster.machines.length, 0);
  const count = Math.floor(instances / perMachine.inotifyInstances);
  const found = `${instances} instances: ${room(count)}, ${machines} of them taken`;
  if (count - machines >= fewest) return ok('inotify', found);
  return {
    check: 'inotify',
    status: 'warn',
    reason: 'INOTIFY_LOW',
    found,
    fix: 'sudo sysctl fs.inotify.max_user_instances=1024',
  };
};

const subnet: Check = ({ used, clusters }) => {
  const owner = clusters.find(({ origin }) => origin?.subnet === usualSubnet);
  if (owner !== undefined) return ok('subnet', `${usualSubnet} is the cluster ${owner.name}'s`);
  const [user] = usersOf(usualSubnet, used);
  if (user === undefined) return ok('subnet', `${usualSubnet} is free`);
  return {
    check: 'subnet',
    status: 'warn',
    reason: 'SUBNET_TAKEN',
    found: `${usualSubnet}, which the tutorials use, overlaps ${user.by}; clusters get another`,
    fix: 'Nothing needs to be done; to choose one yourself: devcluster up --subnet 10.201.7.0/24.',
  };
};

const leftovers: Check = ({ interrupted, strayVolumes }) => {
  if (interrupted.length > 0) {
    return {
      check: 'left-overs',
      status: 'warn',
      reason: 'CLUSTER_INTERRUPTED',
      found: `the making of ${interrupted.join(', ')} was interrupted`,
      fix: `Finish it with devcluster up --name ${interrupted[0]}, or remove it with devcluster down --name ${interrupted[0]}.`,
    };
  }
  if (strayVolumes.length > 0) {
    return {
      check: 'left-overs',
      status: 'warn',
      reason: 'VOLUMES_LEFT',
      found: `${strayVolumes.length} volumes of clusters that are gone`,
      fix: `docker volume rm ${strayVolumes.join(' ')}`,
    };
  }
  return ok('left-overs', 'none');
};

const ssh: Check = ({ hasSsh }) => {
  if (hasSsh) return ok('ssh', 'is there');
  return {
    check: 'ssh',
    status: 'warn',
    reason: 'SSH_MISSING',
    found: 'this host has no ssh command, which devcluster ssh uses',
    fix: 'Install it (Debian and Ubuntu: apt-get install openssh-client), or use devcluster exec.',
  };
};

const checks: readonly Check[] = [
  engine,
  api,
  architecture,
  cgroups,
  users,
  capabilities,
  storage,
  memory,
  disk,
  inotify,
  subnet,
  leftovers,
  ssh,
];
