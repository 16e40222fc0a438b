/**
 * The cluster's keys: made with the cluster, kept on its machines, and copied to this host for ssh. The copies are only
 * copies: when they are missing they are fetched again.
 */
import { generateKeyPairSync, randomInt } from 'node:crypto';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machinePaths } from '../../core/topology/machine-paths.ts';
import type { PresentCluster, PresentMachine } from '../../core/topology/present.ts';
import type { ClusterName, KeyPair } from '../../core/topology/types.ts';
import type { DockerEngine } from '../../ports/docker/index.ts';
import { printKeyPair, publicKeyOf } from './openssh.ts';

export function makeKeyPair(comment: string): KeyPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const raw = { seed: Buffer.from(d, 'base64url'), publicKey: Buffer.from(x, 'base64url'), check: randomInt(2 ** 32) };
  return printKeyPair(raw, comment);
}

export interface KeyFiles {
  readonly folder: string;
  readonly identity: string;
  readonly knownHosts: string;
}

export function keyFiles(dataFolder: string, cluster: ClusterName): KeyFiles {
  const folder = join(dataFolder, cluster);
  return { folder, identity: join(folder, 'id_ed25519'), knownHosts: join(folder, 'known_hosts') };
}

/** The cluster's key pair from this host's copy, if there is one. */
export async function readKeyPair(files: KeyFiles): Promise<KeyPair | undefined> {
  const privateKey = await textOf(files.identity);
  return privateKey === undefined ? undefined : { privateKey, publicKey: publicKeyOf(privateKey) };
}

/** The same from the machines themselves; running or not, they have it. */
export async function fetchKeyPair(
  docker: DockerEngine,
  machines: readonly PresentMachine[],
): Promise<KeyPair | undefined> {
  for (const { container } of machines) {
    const privateKey = await docker.readFile(container, machinePaths.coreKey);
    if (privateKey !== undefined) return { privateKey, publicKey: publicKeyOf(privateKey) };
  }
  return undefined;
}

/** Writes this host's copies; files that say the same already stay untouched. */
export async function writeKeyFiles(files: KeyFiles, pair: KeyPair, knownHosts: string): Promise<void> {
  await mkdir(files.folder, { recursive: true, mode: 0o700 });
  await Promise.all([
    writeIfNew(files.identity, pair.privateKey, 0o600),
    writeIfNew(`${files.identity}.pub`, `${pair.publicKey} devcluster\n`, 0o644),
    writeIfNew(files.knownHosts, knownHosts, 0o644),
  ]);
}

/** Removes this host's copies. */
export async function removeKeyFiles(files: KeyFiles): Promise<void> {
  await rm(files.folder, { recursive: true, force: true });
  const above = join(files.folder, '..');
  const left = await readdir(above).catch(() => ['unreadable']);
  if (left.length === 0) await rmdir(above);
}

/** One line for the loopback port and one for the address and names of every machine. */
export const printKnownHosts = (machines: readonly PresentMachine[]): string =>
  machines
    .filter(({ hostKey }) => hostKey !== '')
    .map(({ hostKey, sshPort, address, name }) => `[127.0.0.1]:${sshPort},${address},${name} ${hostKey}\n`)
    .join('');

/** Makes sure that this host has the keys of a cluster. @returns where they are */
export async function ensureKeyFiles(
  docker: DockerEngine,
  dataFolder: string,
  cluster: PresentCluster,
): Promise<KeyFiles> {
  const files = keyFiles(dataFolder, cluster.name);
  // Another cluster of the same name, on another engine, may have left its keys here: known_hosts tells.
  const knownHosts = printKnownHosts(cluster.machines);
  const isOurs = (await textOf(files.knownHosts)) === knownHosts;
  const pair = (isOurs ? await readKeyPair(files) : undefined) ?? (await fetchKeyPair(docker, cluster.machines));
  if (pair !== undefined) await writeKeyFiles(files, pair, knownHosts);
  return files;
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

async function writeIfNew(path: string, text: string, mode: number): Promise<void> {
  if ((await textOf(path)) === text) return;
  // A key file that exists keeps its mode when it is written to, whatever that mode is.
  await rm(path, { force: true });
  await writeFile(path, text, { mode });
}
