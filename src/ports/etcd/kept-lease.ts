/** Keeps one lease alive, and knows by its own clock for how long it holds. */
import { type Millis, ms, seconds } from '../../core/base/time.ts';
import { EtcdLeaseGone } from '../../core/errors/etcd.ts';
import type { Clock } from '../clock/index.ts';
import type { Failover } from './failover.ts';
import type { Lease, LeaseId } from './index.ts';
import { type Member, MemberTrouble } from './member.ts';

/** After a member refused at once: another may do, but not thousands of times a second. */
const pauseAfterFailure = ms(50);

export interface KeptLeaseOptions {
  readonly clock: Clock;
  readonly members: Failover;
  readonly id: LeaseId;
  readonly term: Millis;
  /** When the grant was sent. */
  readonly grantedAt: Millis;
}

export class KeptLease implements Lease {
  readonly id: LeaseId;
  readonly #clock: Clock;
  readonly #members: Failover;
  readonly #term: Millis;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  #validUntil: Millis;

  constructor({ clock, members, id, term, grantedAt }: KeptLeaseOptions) {
    this.id = id;
    this.#clock = clock;
    this.#members = members;
    this.#term = term;
    this.#validUntil = ms(grantedAt + term);
    void this.#keep();
    void this.#watchTime();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  validUntil(): Millis {
    return this.#validUntil;
  }

  abandon(): void {
    this.#over.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.abandon();
    // Out of reach or gone already, it ends without our help.
    await this.#members.call('revoking a lease', (member) => member.revoke(this.id)).catch(() => {});
  }

  /**
   * One renewal each third of the term. A member that has not answered within a sixth may be frozen, or just busy, so
   * the next one is asked as well while the first answer still counts: a loaded machine must not lose its lease.
   */
  async #keep(): Promise<void> {
    const { signal } = this.#over;
    let next = this.#members.current;
    await this.#clock.sleep(ms(this.#term / 3), signal);
    while (!signal.aborted) {
      const sentAt = this.#clock.now();
      const patience = new AbortController();
      const outcome = await Promise.race([
        this.#renew(next, sentAt),
        this.#clock.sleep(this.#patience, patience.signal).then(() => 'no answer' as const),
      ]);
      patience.abort();
      if (outcome === 'renewed') await this.#clock.sleep(ms(sentAt + this.#term / 3 - this.#clock.now()), signal);
      else {
        next = this.#members.after(next);
        if (outcome === 'failed') await this.#clock.sleep(pauseAfterFailure, signal);
      }
    }
  }

  get #patience(): Millis {
    return ms(this.#term / 6);
  }

  async #renew(member: Member, sentAt: Millis): Promise<'renewed' | 'failed'> {
    try {
      const left = await member.renew(this.id, { patience: this.#patience, within: this.#term });
      this.#members.answered(member, sentAt);
      if (left <= 0) this.#lose();
      this.#validUntil = ms(Math.max(this.#validUntil, sentAt + seconds(left)));
      return 'renewed';
    } catch (error) {
      if (!(error instanceof MemberTrouble)) throw error;
      if (error.kind === 'lease gone') this.#lose();
      // A token has run out; the next call that is not a stream gets a new one.
      if (error.kind === 'denied') await member.timeToLive(this.id).catch(() => {});
      return 'failed';
    }
  }

  async #watchTime(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted && this.#clock.now() < this.#validUntil) {
      await this.#clock.sleep(ms(this.#validUntil - this.#clock.now()), signal);
    }
    if (!signal.aborted) this.#lose();
  }

  #lose(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#lost.abort(new EtcdLeaseGone({ lease: this.id }));
  }
}
