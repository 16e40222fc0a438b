/**
 * "Somebody is changing this cluster": a container that is created and never started. Container names are unique in an
 * engine, so creating it is the mutex; and it carries the wish of whoever made it, so that an interrupted `up` can be
 * finished. It stays behind when its owner is killed, and whoever finds it looks whether the owner still lives.
 */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { ClusterBusy } from '../../core/errors/devcluster.ts';
import { NameTaken } from '../../core/errors/docker.ts';
import { labels, ownLabels } from '../../core/topology/labels.ts';
import { lockName } from '../../core/topology/names.ts';
import type { PresentLock } from '../../core/topology/present.ts';
import { printSpec } from '../../core/topology/spec.ts';
import type { ClusterSpec, ContainerSpec } from '../../core/topology/types.ts';
import type { DockerEngine } from '../../ports/docker/index.ts';
import { readClusters } from './clusters.ts';

/** A process, told apart from later ones with its number by when it began. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  readonly began: string;
}

/** Ticks since boot, from the kernel; empty where there is no such file. */
async function beganAt(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

const self = async (): Promise<Owner> => ({ host: hostname(), pid: process.pid, began: await beganAt(process.pid) });

function parseOwner(text: string): Owner | undefined {
  const [host = '', pid = '', began = ''] = text.split(' ');
  return host !== '' && /^\d+$/.test(pid) ? { host, pid: Number(pid), began } : undefined;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Whether the owner still runs; an owner on another host is taken to. */
export async function isHeld(lock: PresentLock): Promise<boolean> {
  const owner = parseOwner(lock.owner);
  if (owner === undefined) return false;
  if (owner.host !== hostname()) return true;
  return isAlive(owner.pid) && (await beganAt(owner.pid)) === owner.began;
}

const sentence = (lock: PresentLock): string => {
  const owner = parseOwner(lock.owner);
  return owner === undefined ? 'another devcluster' : `another devcluster (process ${owner.pid} on ${owner.host})`;
};

/** @throws {ClusterBusy} unless forced */
export async function refuseWhenHeld(cluster: string, lock: PresentLock | undefined, force: boolean): Promise<void> {
  if (lock === undefined || force || !(await isHeld(lock))) return;
  throw new ClusterBusy({ cluster, owner: sentence(lock) });
}

/**
 * Takes the cluster for this process, over a lock whose owner is gone if need be.
 *
 * @param image any that the engine has
 * @param force also over a lock whose owner seems to live
 * @throws {ClusterBusy} somebody else was faster
 */
export async function takeLock(
  docker: DockerEngine,
  wanted: ClusterSpec,
  image: string,
  force: boolean,
): Promise<AsyncDisposable> {
  const { host, pid, began } = await self();
  const name = lockName(wanted.name);
  const spec: ContainerSpec = {
    name,
    image,
    labels: {
      ...ownLabels(wanted.name),
      [labels.lock]: `${host} ${pid} ${began}`,
      [labels.spec]: printSpec(wanted),
    },
    environment: {},
    publish: [],
    mounts: [],
    capabilities: [],
    unconfined: false,
    privateCgroupNamespace: false,
    tty: false,
  };
  try {
    await docker.createContainer(spec);
  } catch (error) {
    if (!(error instanceof NameTaken)) throw error;
    const lock = (await readClusters(docker)).find((cluster) => cluster.name === wanted.name)?.lock;
    if (lock === undefined) throw error;
    await refuseWhenHeld(wanted.name, lock, force);
    await docker.remove(name);
    await docker.createContainer(spec);
  }
  return { [Symbol.asyncDispose]: () => docker.remove(name) };
}
