/** A machine's presence: its record and its states, bound to one lease and written only while that lease is its own. */
import type { Millis } from '../../core/base/time.ts';
import type { UnitState } from '../../core/cluster/types.ts';
import { EtcdLeaseGone } from '../../core/errors/etcd.ts';
import { MachineIdTaken, MembershipLost } from '../../core/errors/registry.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import type { UnitName } from '../../core/unit/types.ts';
import {
  type Condition,
  type Etcd,
  type KeyValue,
  type Lease,
  type Operation,
  operationsPerTransaction,
} from '../etcd/index.ts';
import type { Membership } from './index.ts';
import { type Layout, parseAnnouncement, printAnnouncement, printState } from './layout.ts';
import { reached } from './reach.ts';

/** The mark takes one. */
const statesPerTransaction = operationsPerTransaction - 1;

export interface JoinParts {
  readonly etcd: Etcd;
  readonly layout: Layout;
  /** The newest membership of each machine of this client. */
  readonly joined: Map<MachineId, Joined>;
}

export interface Joined {
  /**
   * To be called when the machine's record is not there any more. A member of etcd that led, froze and thaws revokes
   * leases which others have renewed meanwhile: whoever hears at once is back before its units are started elsewhere.
   */
  vanished(): void;
}

/** @see Registry.join */
export async function join(parts: JoinParts, machine: Machine, token: string, term: Millis): Promise<Membership> {
  const lease = await parts.etcd.keepLease(term);
  try {
    await announce(parts, machine, token, lease);
  } catch (error) {
    // Unless somebody else has the id, our record may have been written, over that of our earlier process: revoking its
    // lease would tell the cluster that the machine is gone, and its units would start elsewhere while they run here.
    if (error instanceof MachineIdTaken) await lease[Symbol.asyncDispose]();
    else lease.abandon();
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

function membership({ etcd, layout, joined }: JoinParts, { id }: Machine, token: string, lease: Lease): Membership {
  const lost = new AbortController();
  const loss = new MembershipLost({ machine: id });
  const ours: Joined = { vanished: () => lose() };
  const lose = () => {
    if (joined.get(id) === ours) joined.delete(id);
    lost.abort(loss);
  };
  joined.set(id, ours);
  if (lease.lost.aborted) lose();
  lease.lost.addEventListener('abort', lose, { once: true });
  const record = layout.machine(id);
  const mark = layout.published(id);
  /** The revision of our last write that we know of; undefined before the first. */
  let last: number | undefined;
  let writes = 0;

  /**
   * Every write follows the one before it, which the mark tells: one that took so long that we gave up on it, and that a
   * member delivers when it thaws, must not undo what we wrote since. Another process of this machine may have taken the
   * record over: then the lease lives, but the record is not ours.
   */
  const write = async (ops: readonly Operation[]): Promise<void> => {
    writes += 1;
    const marking = { put: mark, value: `${lease.id} ${writes}`, lease: lease.id };
    const look = [{ get: record }, { get: mark }];
    for (;;) {
      if (lost.signal.aborted) throw loss;
      const after: Condition = last === undefined ? { key: mark, exists: false } : { key: mark, modified: last };
      const when: Condition[] = [{ key: record, lease: lease.id }, after];
      const written = await etcd.transact({ when, ops: [...ops, marking], otherwise: look }).catch((error) => {
        if (error instanceof EtcdLeaseGone) return undefined;
        throw error;
      });
      if (written?.held) {
        last = written.revision;
        return;
      }
      const [present, marked] = written?.results.map(({ found }) => found[0]) ?? [];
      if (present?.lease !== lease.id) {
        lose();
        throw loss;
      }
      last = marked?.modified;
      // Carried out, and the answer lost on its way to us.
      if (marked?.value === marking.value) return;
    }
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
        for (let at = 0; at < ops.length; at += statesPerTransaction)
          await write(ops.slice(at, at + statesPerTransaction));
      }),
    update: (machine) =>
      reached('announcing the machine', () =>
        write([{ put: record, value: printAnnouncement({ machine, token }), lease: lease.id }]),
      ),
    [Symbol.asyncDispose]: async () => {
      if (joined.get(id) === ours) joined.delete(id);
      lease.lost.removeEventListener('abort', lose);
      await lease[Symbol.asyncDispose]();
    },
  };
}
