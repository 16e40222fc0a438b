/** What is offered on this machine: by which container or unit, in the order in which they came. Touches no store. */
import type { Millis } from '../../core/base/time.ts';
import type { Entry } from '../../core/records/backend.ts';
import type { Claimants } from '../../core/records/stale.ts';

/** One service of one claimant, ready to be written. */
export interface Offer extends Entry {
  /** Whose and which, for the log. */
  readonly service: string;
}

interface Claim {
  readonly offers: readonly Offer[];
  /** When the claimant went and left its records behind. */
  readonly leftAt?: Millis;
}

/** Of two claims to one key the later has it, and the earlier again when that one ends. */
export class Claims {
  readonly #claims = new Map<string, Claim>();

  offer(of: Claimants, claimant: string, offers: readonly Offer[]): void {
    const name = nameOf(of, claimant);
    this.#claims.delete(name);
    this.#claims.set(name, { offers });
  }

  /** @returns whether there was a claim */
  withdraw(of: Claimants, claimant: string): boolean {
    return this.#claims.delete(nameOf(of, claimant));
  }

  /** The claimant went, its records stay. */
  leave(of: Claimants, claimant: string, at: Millis): void {
    const claim = this.#claims.get(nameOf(of, claimant));
    if (claim !== undefined) this.#claims.set(nameOf(of, claimant), { leftAt: at, ...claim });
  }

  /** @returns the records of claimants that left so long ago; they are claimed no more */
  dropLeftBefore(instant: Millis): readonly Offer[] {
    const dropped: Offer[] = [];
    for (const [name, { offers, leftAt }] of this.#claims) {
      if (leftAt === undefined || leftAt > instant) continue;
      this.#claims.delete(name);
      dropped.push(...offers);
    }
    return dropped;
  }

  /** Whether the claimant is here, and has not left. */
  has(of: Claimants, claimant: string): boolean {
    const claim = this.#claims.get(nameOf(of, claimant));
    return claim !== undefined && claim.leftAt === undefined;
  }

  /** Whether the claimant is here, or left its records behind. */
  knows(of: Claimants, claimant: string): boolean {
    return this.#claims.has(nameOf(of, claimant));
  }

  /** Those that left included. */
  claimants(of: Claimants): readonly string[] {
    const prefix = nameOf(of, '');
    return [...this.#claims.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  /** What the store should hold, by key. */
  wanted(): ReadonlyMap<string, Offer> {
    return new Map([...this.#claims.values()].flatMap(({ offers }) => offers.map((offer) => [offer.key, offer])));
  }

  /** The keys of those who have not left. */
  keptKeys(): readonly string[] {
    const kept = [...this.#claims.values()].filter(({ leftAt }) => leftAt === undefined);
    return kept.flatMap(({ offers }) => offers.map(({ key }) => key));
  }
}

const nameOf = (of: Claimants, claimant: string): string => `${of} ${claimant}`;
