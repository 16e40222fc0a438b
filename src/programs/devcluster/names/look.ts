/** One look at a whole cluster: which names there are, what runs, and what each machine answers. */
import { type Answers, judgeNames, type NameJudged } from '../../../core/records/agreement.ts';
import { keyOfName } from '../../../core/records/name.ts';
import type { PresentMachine } from '../../../core/topology/present.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { etcdctl } from '../etcd-members.ts';
import { tryOn } from '../shell.ts';
import { addressesOf } from './dig.ts';
import { namesOfKey, runningOn } from './running.ts';

/** @param known names that earlier looks found: one whose record is gone may still be answered */
export async function lookAtNames(
  docker: DockerEngine,
  machines: readonly PresentMachine[],
  domain: string,
  known: Set<string>,
): Promise<readonly NameJudged[]> {
  const running = machines.filter(({ state }) => state === 'running');
  const [runs, recorded] = await Promise.all([
    Promise.all(running.map((machine) => runningOn(docker, machine, domain))),
    recordedNames(docker, running, domain),
  ]);
  const truth = new Map<string, string[]>();
  for (const { name, address } of runs.flat()) truth.set(name, [...(truth.get(name) ?? []), address]);
  for (const name of [...recorded, ...truth.keys()]) known.add(name);
  const answers = await Promise.all(
    machines.map(async (machine): Promise<Answers> => {
      const names = running.includes(machine) ? await addressesOf(docker, machine, [...known]) : undefined;
      return { machine: machine.name, names };
    }),
  );
  return judgeNames(known, truth, answers);
}

/** From whichever machine's etcd answers first in order; none may, and then the truth alone gives names. */
async function recordedNames(
  docker: DockerEngine,
  machines: readonly PresentMachine[],
  domain: string,
): Promise<readonly string[]> {
  for (const machine of machines) {
    const command = etcdctl('get', '--prefix', '--keys-only', `${keyOfName('skydns', domain)}/`);
    const { code, out } = await tryOn(docker, machine, command);
    if (code === 0)
      return out
        .split('\n')
        .filter((line) => line !== '')
        .flatMap(namesOfKey);
  }
  return [];
}
