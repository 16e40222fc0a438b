/** Which member to ask, and when to ask another. */
import { type Millis, ms } from '../../core/base/time.ts';
import { EtcdUnreachable } from '../../core/errors/etcd.ts';
import type { Clock } from '../clock/index.ts';
import { type Member, MemberTrouble } from './member.ts';

/** Between two rounds over all members: an election takes a good part of a second, a restart about as long. */
const betweenRounds = ms(100);

export interface FailoverOptions {
  readonly clock: Clock;
  readonly endpoints: readonly string[];
  readonly open: (endpoint: string) => Member;
  /** For how long a call is tried again; each member is asked at least once. */
  readonly timeout: Millis;
}

/** Stays with one member until it fails; each member is opened when it is first needed. */
export class Failover {
  readonly #options: FailoverOptions;
  readonly #opened = new Map<string, Member>();
  readonly #closed = new AbortController();
  readonly #doubters = new Set<(member: Member) => void>();
  readonly #livedAt = new Map<Member, Millis>();
  #at = 0;

  constructor(options: FailoverOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#options.endpoints.length;
  }

  get current(): Member {
    return this.#member(this.#at);
  }

  /** The member to ask instead; everybody else goes on with it too. */
  after(failed: Member): Member {
    for (const doubt of [...this.#doubters]) doubt(failed);
    if (this.current === failed) this.#at = (this.#at + 1) % this.size;
    return this.current;
  }

  /** The member has answered what was sent to it at `at`. */
  answered(member: Member, at: Millis): void {
    this.#livedAt.set(member, at);
  }

  /** An instant at which the member was known to live; undefined when it never answered. */
  livedAt(member: Member): Millis | undefined {
    return this.#livedAt.get(member);
  }

  /** From now on tells of every member that somebody found failing, until the result is disposed. */
  onFailure(doubt: (member: Member) => void): Disposable {
    this.#doubters.add(doubt);
    return { [Symbol.dispose]: () => void this.#doubters.delete(doubt) };
  }

  /** @throws {EtcdUnreachable} with what the last member said as its cause */
  async call<T>(doing: string, work: (member: Member) => Promise<T>): Promise<T> {
    const { clock, timeout } = this.#options;
    const until = clock.now() + timeout;
    for (let attempts = 1; ; attempts++) {
      if (this.#closed.signal.aborted) throw this.unreachable(doing, new Error('the client was closed'));
      const member = this.current;
      const sentAt = clock.now();
      try {
        const answer = await work(member);
        this.answered(member, sentAt);
        return answer;
      } catch (error) {
        if (!(error instanceof MemberTrouble) || error.kind !== 'unreachable') throw error;
        this.after(member);
        if (attempts >= this.size && clock.now() >= until) throw this.unreachable(doing, error);
        if (attempts % this.size === 0) await clock.sleep(betweenRounds, this.#closed.signal);
      }
    }
  }

  unreachable(doing: string, cause: unknown): InstanceType<typeof EtcdUnreachable> {
    // A member's trouble says no more than what lies behind it.
    const behind = cause instanceof MemberTrouble ? (cause.cause ?? cause) : cause;
    return new EtcdUnreachable({ endpoints: this.#options.endpoints, doing }, { cause: behind });
  }

  close(): void {
    this.#closed.abort();
    for (const member of this.#opened.values()) member.close();
  }

  #member(at: number): Member {
    const endpoint = this.#options.endpoints[at] as string;
    const member = this.#opened.get(endpoint) ?? this.#options.open(endpoint);
    this.#opened.set(endpoint, member);
    return member;
  }
}
