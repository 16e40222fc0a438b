/** A machine joins an etcd cluster that runs, or leaves it. */
import { OperatingError } from '../../../core/errors/define.ts';
import type { PresentMachine } from '../../../core/topology/present.ts';
import type { EtcdStart, Node } from '../../../core/topology/types.ts';
import type { DockerEngine } from '../../../ports/docker/index.ts';
import { addMember, type Member, promoteMember, readMembers, removeMember } from '../etcd-members.ts';
import { type Machine, tryOn } from '../shell.ts';
import type { MachineMaker } from '../world.ts';
import { type Look, until, type Wait } from './patience.ts';

interface World {
  readonly docker: DockerEngine;
  readonly maker: MachineMaker;
}

/**
 * Announces a machine to the members that run. A member of its name that once ran has lost its data with its machine,
 * and must not come back empty: it is replaced.
 */
export const announce = (world: World, wait: Wait, through: Machine, node: Node, nodes: readonly Node[]) =>
  withMembers(world, wait, through, async (members): Promise<Look<EtcdStart>> => {
    const { docker, maker } = world;
    const peerUrl = maker.peerUrl(node.address);
    const isNode = (member: Member): boolean => member.peerUrls.includes(peerUrl);
    const before = members.find(isNode);
    if (before !== undefined && before.name !== '') await removeMember(docker, through, before.id);
    if (before === undefined || before.name !== '') await addMember(docker, through, node.name, peerUrl);
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

/**
 * Gives every new member its vote, as soon as it has caught up. One whose machine is not there, since a run was ended
 * between announcing and making it, is forgotten: etcd has room for one member that learns.
 */
export const settleMembers = (world: World, wait: Wait, through: Machine, machines: readonly PresentMachine[]) =>
  withMembers(world, wait, through, async (members): Promise<Look<undefined>> => {
    const { docker, maker } = world;
    for (const { id, peerUrls } of members.filter(({ learns }) => learns)) {
      const isThere = machines.some(({ address }) => peerUrls.includes(maker.peerUrl(address)));
      await (isThere ? promoteMember : removeMember)(docker, through, id);
    }
    return { value: undefined };
  });

/** The machine's fleetd leaves the cluster, and etcd forgets it. */
export async function leave(world: World, wait: Wait, through: Machine, machine: PresentMachine): Promise<void> {
  const { docker, maker } = world;
  if (machine.state === 'running') {
    await tryOn(docker, machine, ['systemctl', 'stop', 'fleet.socket', 'fleet.service']);
  }
  const peerUrl = maker.peerUrl(machine.address);
  await withMembers(world, wait, through, async (members): Promise<Look<undefined>> => {
    const member = members.find(({ peerUrls }) => peerUrls.includes(peerUrl));
    if (member !== undefined) await removeMember(docker, through, member.id);
    return { value: undefined };
  });
}

/** Until etcd tells its members and does what is asked of it: it refuses while the last change is still going on. */
function withMembers<T>(
  { docker }: World,
  wait: Wait,
  through: Machine,
  act: (members: readonly Member[]) => Promise<Look<T>>,
): Promise<T> {
  return until(wait, async () => {
    const membership = await readMembers(docker, through);
    if ('why' in membership) return { seen: membership.why };
    try {
      return await act(membership.members);
    } catch (error) {
      if (error instanceof OperatingError) return { seen: error.message };
      throw error;
    }
  });
}
