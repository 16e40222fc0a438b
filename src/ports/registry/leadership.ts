/** The engine lease, and the writes that only its holder can do: each is fenced by the key that made it leader. */
import { createHash } from 'node:crypto';
import { type Millis, ms } from '../../core/base/time.ts';
import { LeadershipLost } from '../../core/errors/registry.ts';
import type { MachineId } from '../../core/machine/types.ts';
import type { Decision } from '../../core/scheduler/types.ts';
import type { Clock } from '../clock/index.ts';
import type { Condition, Etcd, KeyValue, Lease, LeaseId, TransactionResult } from '../etcd/index.ts';
import type { Leadership } from './index.ts';
import { type Layout, parseLeader, printLeader } from './layout.ts';
import { batches, type Step, transactionFor } from './placing.ts';
import { reached } from './reach.ts';
import { keepSwept } from './sweep.ts';

/** Steps per transaction: the operations inside each share what this leaves of etcd's limit. */
const stepsPerTransaction = 100;

export interface LeadParts {
  readonly etcd: Etcd;
  readonly layout: Layout;
  readonly clock: Clock;
  /** Engine leases that this client holds now. */
  readonly held: Set<LeaseId>;
  /** Machines of this client that were told of another leader when they last asked. */
  readonly followers: Set<MachineId>;
  /**
   * Over how long those who waited for a leader to go spread their campaigns: all machines of a cluster are told at once,
   * and one of them is enough.
   */
  readonly spread: Millis;
}

/** @see Registry.lead */
export async function lead(
  parts: LeadParts,
  me: MachineId,
  term: Millis,
  version: number,
): Promise<Leadership | { readonly leader: MachineId }> {
  const { etcd, layout, held: ours } = parts;
  const key = layout.leader;
  const look = async () => {
    const { results, revision } = await etcd.transact({ ops: [{ get: key }] });
    return { found: results[0]?.found[0], revision };
  };
  let { found: before, revision } = await look();
  if (before === undefined && parts.followers.delete(me)) {
    await parts.clock.sleep(ms(parts.spread * shareOf(me, revision)));
    ({ found: before, revision } = await look());
  }
  const holder = before && parseLeader(before.value);
  const stolen = holder !== undefined && holder.version < version;
  if (before !== undefined && holder !== undefined) {
    // A process of ours that died cannot resign, and nobody but this machine writes its id.
    const stale = holder.machine === me && !ours.has(before.lease ?? '');
    if (!stale && !stolen) return followed(parts, me, holder.machine);
    // Removed rather than written over: what fences the one before is the revision that created the key.
    await etcd.transact({ when: [{ key, modified: before.modified }], ops: [{ remove: key }] });
  }
  const lease = await etcd.keepLease(term);
  try {
    const campaign = await etcd.transact({
      when: [{ key, exists: false }],
      ops: [{ put: key, value: printLeader(me, version), lease: lease.id }],
      otherwise: [{ get: key }],
    });
    const created = createdByUs(campaign, lease);
    if (created !== undefined) {
      return { ...leadership(parts, me, lease, { key, created }), stolenFrom: stolen ? holder?.machine : undefined };
    }
    const winner = campaign.results[0]?.found[0] as KeyValue;
    await lease[Symbol.asyncDispose]();
    return followed(parts, me, parseLeader(winner.value).machine);
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    throw error;
  }
}

function followed({ followers }: LeadParts, me: MachineId, leader: MachineId): { readonly leader: MachineId } {
  followers.add(me);
  return { leader };
}

/** From 0 to 1: who is first. Another order at every revision, since it must not always be the same machine. */
const shareOf = (me: MachineId, revision: number): number =>
  createHash('sha1').update(`${me} ${revision}`).digest().readUInt32BE() / 2 ** 32;

/** The answer to a won campaign may have been lost, and the campaign carried out a second time. */
function createdByUs({ held, revision, results }: TransactionResult, lease: Lease): number | undefined {
  if (held) return revision;
  const winner = results[0]?.found[0];
  return winner?.lease === lease.id ? winner.created : undefined;
}

function leadership(parts: LeadParts, me: MachineId, lease: Lease, fence: Condition): Omit<Leadership, 'stolenFrom'> {
  const { etcd, layout, held: ours } = parts;
  const over = new AbortController();
  const lost = new AbortController();
  const loss = new LeadershipLost({ machine: me });
  const lose = () => {
    ours.delete(lease.id);
    over.abort();
    lost.abort(loss);
  };
  ours.add(lease.id);
  if (lease.lost.aborted) lose();
  lease.lost.addEventListener('abort', lose, { once: true });
  void keepSwept(parts, fence, over.signal);

  const write = async (steps: readonly Step[]): Promise<readonly Decision[]> => {
    if (lost.signal.aborted) throw loss;
    const ops = steps.map((step) => ({ nested: transactionFor(step, layout) }));
    const { held, results } = await etcd.transact({ when: [fence], ops });
    if (!held) {
      lose();
      throw loss;
    }
    return steps.flatMap((step, at) => (results[at]?.nested?.held ? step.decisions : []));
  };

  return {
    lost: lost.signal,
    validUntil: () => lease.validUntil(),
    apply: (decisions) =>
      reached('writing placements', async () => {
        if (lost.signal.aborted) throw loss;
        const done = new Set<Decision>();
        for (const steps of batches(decisions, stepsPerTransaction))
          for (const decision of await write(steps)) done.add(decision);
        return decisions.filter((decision) => done.has(decision));
      }),
    [Symbol.asyncDispose]: async () => {
      ours.delete(lease.id);
      over.abort();
      lease.lost.removeEventListener('abort', lose);
      await lease[Symbol.asyncDispose]();
    },
  };
}
