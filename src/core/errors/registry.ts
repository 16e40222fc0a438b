/** What can go wrong with fleet's shared state. */
import { defineError } from './define.ts';

/** The store did not answer, or refused. A write that was under way may or may not have happened. */
export const RegistryUnreachable = defineError<{ doing: string }>({
  code: 'REGISTRY_UNREACHABLE',
  status: 503,
  message: ({ doing }) => `the registry is out of reach (${doing})`,
  remedy: () => 'Check that etcd runs and has a majority of its members: etcdctl endpoint health.',
});

/** Another live machine announces itself under the same id. */
export const MachineIdTaken = defineError<{ machine: string; address: string }>({
  code: 'MACHINE_ID_TAKEN',
  status: 409,
  message: ({ machine, address }) =>
    `machine id ${machine} is in use by another live machine (${address || 'no address'})`,
  remedy: () =>
    'Give this machine an id of its own (systemd-machine-id-setup after emptying /etc/machine-id), or wait until the other one has left.',
});

/** The machine's lease ran out, or another process took its record over; nothing was written. */
export const MembershipLost = defineError<{ machine: string }>({
  code: 'MEMBERSHIP_LOST',
  status: 503,
  message: ({ machine }) => `machine ${machine} is not a member of the cluster any more`,
  remedy: () => 'Nothing needs doing: fleetd joins again. If it comes often, raise agent_ttl.',
});

/** Another machine leads by now, or the leader's lease ran out. */
export const LeadershipLost = defineError<{ machine: string }>({
  code: 'LEADERSHIP_LOST',
  status: 503,
  message: ({ machine }) => `machine ${machine} does not lead the cluster any more`,
  remedy: () => 'Nothing needs doing: another machine leads, or this one leads again soon.',
});
