/** A machine joins an etcd cluster that runs, or leaves it. */
import { OperatingError } from '../../../core/errors/define.ts';
import type { PresentMachine } from '../../../core/topology/present.ts';
import type { EtcdStart, Node } from '../../../core/topology/types.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { addMember, type Member, readMembers, removeMember } from '../etcd-members.ts';
import { type Machine, tryOn } from '../shell.ts';
import type { MachineMaker } from '../world.ts';
import { until, type Wait } from './patience.ts';

/**
 * Announces a machine to the members that run. A member of its name that once ran has lost its data with its machine,
 * and must not come back empty: it is replaced.
 */
export async function announce(
  world: { readonly docker: DockerEngine; readonly maker: MachineMaker },
  wait: Wait,
  through: Machine,
  node: Node,
  nodes: readonly Node[],
): Promise<EtcdStart> {
  const { docker, maker } = world;
  const peerUrl = maker.peerUrl(node.address);
  const isNode = (member: Member): boolean => member.peerUrls.includes(peerUrl);
  return until(wait, async () => {
    const membership = await readMembers(docker, through);
    if ('why' in membership) return { seen: membership.why };
    const { members } = membership;
    const before = members.find(isNode);
    try {
      if (before !== undefined && before.name !== '') await removeMember(docker, through, before.id);
      if (before === undefined || before.name !== '') await addMember(docker, through, node.name, peerUrl);
    } catch (error) {
      // etcd refuses a member while the last one is still starting.
      if (error instanceof OperatingError) return { seen: error.message };
      throw error;
    }
    const others = members.filter((member) => !isNode(member));
    const known = nodes.filter((other) =>
      others.some((member) => member.peerUrls.includes(maker.peerUrl(other.address))),
    );
    return {
      value: {
        state: 'existing',
        members: [...known, node].map(({ name, address }) => ({ name, address })),
      },
    };
  });
}

/** The machine's fleetd leaves the cluster, and etcd forgets it. */
export async function leave(
  world: { readonly docker: DockerEngine; readonly maker: MachineMaker },
  wait: Wait,
  through: Machine,
  machine: PresentMachine,
): Promise<void> {
  const { docker, maker } = world;
  if (machine.state === 'running') {
    await tryOn(docker, machine, ['systemctl', 'stop', 'fleet.socket', 'fleet.service']);
  }
  const peerUrl = maker.peerUrl(machine.address);
  await until(wait, async () => {
    const membership = await readMembers(docker, through);
    if ('why' in membership) return { seen: membership.why };
    const { members } = membership;
    const member = members.find(({ peerUrls }) => peerUrls.includes(peerUrl));
    try {
      if (member !== undefined) await removeMember(docker, through, member.id);
      return { value: undefined };
    } catch (error) {
      if (error instanceof OperatingError) return { seen: error.message };
      throw error;
    }
  });
}
