/** How long the leases are that say who is in the cluster, and who leads it. */
import { type Millis, ms, seconds } from '../../core/base/time.ts';

/**
 * What etcd may add to a lease: a member that becomes leader prolongs every lease to its whole term, after an election;
 * and members look for expired leases only twice a second.
 */
const margin = seconds(1);
const shortest = seconds(1);

/** The term with which a machine that went silent is gone within `agentTtl`, also when it took etcd's leader with it. */
export const presenceTerm = (agentTtl: Millis): Millis => ms(Math.max(agentTtl - margin, shortest));

/**
 * An engine that goes silent is followed by another after this many reconcile intervals, and never later than its
 * machine is known to be gone: a unit of a lost machine waits for an engine.
 *
 * @see fleet.md 3.1
 */
export const leadershipTerm = (engineReconcileInterval: Millis, presence: Millis): Millis =>
  ms(Math.min(engineReconcileInterval * 5, presence));
