/** A machine's presence: its record and its states, bound to one lease and written only while that lease is its own. */
import type { Millis } from '../../core/base/time.ts';
import type { UnitState } from '../../core/cluster/types.ts';
import { EtcdLeaseGone } from '../../core/errors/etcd.ts';
import { MachineIdTaken, MembershipLost } from '../../core/errors/registry.ts';
import type { Machine } from '../../core/machine/types.ts';
import type { UnitName } from '../../core/unit/types.ts';
import { type Etcd, type KeyValue, type Lease, type Operation, operationsPerTransaction } from '../etcd/index.ts';
import type { Membership } from './index.ts';
import { type Layout, parseAnnouncement, printAnnouncement, printState } from './layout.ts';
import { reached } from './reach.ts';

export interface JoinParts {
  readonly etcd: Etcd;
  readonly layout: Layout;
}

/** @see Registry.join */
export async function join(parts: JoinParts, machine: Machine, token: string, term: Millis): Promise<Membership> {
  const lease = await parts.etcd.keepLease(term);
  try {
    await announce(parts, machine, token, lease);
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    throw error;
  }
  return membership(parts, machine, token, lease);
}

/** Writes the record where there is none, or over one that an earlier process of this machine left. */
async function announce({ etcd, layout }: JoinParts, machine: Machine, token: string, lease: Lease): Promise<void> {
  const key = layout.machine(machine.id);
  const put = { put: key, value: printAnnouncement({ machine, token }), lease: lease.id };
  let found: KeyValue | undefined;
  do {
    const when = found === undefined ? { key, exists: false } : { key, modified: found.modified };
    const { held, results } = await etcd.transact({ when: [when], ops: [put], otherwise: [{ get: key }] });
    if (held) return;
    found = results[0]?.found[0];
    // An answer may have been lost on its way to us, and the transaction carried out twice.
    if (found?.lease === lease.id) return;
    const other = found === undefined ? undefined : parseAnnouncement(found.value);
    if (other !== undefined && other.token !== token)
      throw new MachineIdTaken({ machine: machine.id, address: other.machine.publicIp });
  } while (!lease.lost.aborted);
  throw new MembershipLost({ machine: machine.id });
}

function membership({ etcd, layout }: JoinParts, { id }: Machine, token: string, lease: Lease): Membership {
  const lost = new AbortController();
  const loss = new MembershipLost({ machine: id });
  const lose = () => lost.abort(loss);
  if (lease.lost.aborted) lose();
  lease.lost.addEventListener('abort', lose, { once: true });

  /** Another process of this machine may have taken the record over: then the lease lives, but the record is not ours. */
  const write = async (ops: readonly Operation[]): Promise<void> => {
    if (lost.signal.aborted) throw loss;
    const when = [{ key: layout.machine(id), lease: lease.id }];
    const { held } = await etcd.transact({ when, ops }).catch((error) => {
      if (error instanceof EtcdLeaseGone) return { held: false };
      throw error;
    });
    if (held) return;
    lose();
    throw loss;
  };

  return {
    lost: lost.signal,
    validUntil: () => lease.validUntil(),
    publish: (states: readonly UnitState[], retract: readonly UnitName[]) =>
      reached('publishing unit states', async () => {
        const ops: Operation[] = [
          ...states.map((state) => ({ put: layout.state(state.unit, id), value: printState(state), lease: lease.id })),
          ...retract.map((unit) => ({ remove: layout.state(unit, id) })),
        ];
        for (let at = 0; at < ops.length; at += operationsPerTransaction)
          await write(ops.slice(at, at + operationsPerTransaction));
      }),
    update: (machine) =>
      reached('announcing the machine', () =>
        write([{ put: layout.machine(id), value: printAnnouncement({ machine, token }), lease: lease.id }]),
      ),
    [Symbol.asyncDispose]: async () => {
      lease.lost.removeEventListener('abort', lose);
      await lease[Symbol.asyncDispose]();
    },
  };
}
