/** The members of a cluster's etcd, asked and changed with etcdctl on a machine that runs. */
import type { DockerEngine } from '../../ports/docker/index.ts';
import { type Machine, runOn, tryOn } from './shell.ts';

export interface Member {
  readonly id: string;
  /** Empty until it started for the first time. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  /** It follows and does not vote yet: a quorum does not need it. */
  readonly learns: boolean;
}

/** Asked on the machine itself; fails unless a quorum answers in time. */
export const etcdctl = (...args: readonly string[]): readonly string[] => [
  'etcdctl',
  '--endpoints=http://127.0.0.1:2379',
  '--command-timeout=4s',
  ...args,
];

/** The members, or why they cannot be known: above all that there is no quorum. */
export type Membership = { readonly members: readonly Member[] } | { readonly why: string };

export async function readMembers(docker: DockerEngine, machine: Machine): Promise<Membership> {
  const { code, out, err } = await tryOn(docker, machine, etcdctl('member', 'list', '-w', 'json'));
  if (code === 0) return { members: parseMembers(out) };
  const lines = err.trim().split('\n');
  return { why: `etcd on ${machine.name} does not tell its members: ${lines.at(-1) ?? ''}` };
}

/** Member ids are 64 bits wide, which JSON numbers of this language are not. */
function parseMembers(json: string): readonly Member[] {
  const exact = json.replace(/"ID":(\d+)/g, '"ID":"$1"');
  const { members } = JSON.parse(exact) as {
    members: readonly {
      readonly ID: string;
      readonly name?: string;
      readonly peerURLs: readonly string[];
      readonly isLearner?: boolean;
    }[];
  };
  return members.map(({ ID, name = '', peerURLs, isLearner = false }) => ({
    id: BigInt(ID).toString(16),
    name,
    peerUrls: peerURLs,
    learns: isLearner,
  }));
}

/** As one that learns: a machine that is announced and never comes must not cost the others their quorum. */
export async function addMember(docker: DockerEngine, through: Machine, name: string, peerUrl: string): Promise<void> {
  await runOn(docker, through, etcdctl('member', 'add', name, `--peer-urls=${peerUrl}`, '--learner'));
}

/** Gives it its vote; etcd refuses until it has caught up. */
export async function promoteMember(docker: DockerEngine, through: Machine, id: string): Promise<void> {
  await runOn(docker, through, etcdctl('member', 'promote', id));
}

export async function removeMember(docker: DockerEngine, through: Machine, id: string): Promise<void> {
  await runOn(docker, through, etcdctl('member', 'remove', id));
}
