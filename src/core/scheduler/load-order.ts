/** Machines from the least loaded to the most loaded, ties by id, kept in order while loads change. @see fleet.md 3.6 */

interface Ordered {
  readonly id: string;
}

/**
 * One sorted bucket per load. Loads change by one and are small, so a change is a binary search in two buckets, and
 * asking for the least loaded looks at the first bucket that is not empty.
 */
export class LoadOrder<T extends Ordered> {
  readonly #buckets: T[][] = [];
  readonly #members = new Set<T>();
  /** No bucket before this one has a member. */
  #lowest = 0;

  constructor(members: Iterable<T>, loadOf: (member: T) => number) {
    for (const member of members) {
      this.#members.add(member);
      this.#bucket(loadOf(member)).push(member);
    }
    for (const bucket of this.#buckets) bucket.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Takes a member in; there must not be one of its id. */
  add(member: T, load: number): void {
    this.#members.add(member);
    const bucket = this.#bucket(load);
    bucket.splice(place(bucket, member), 0, member);
    this.#lowest = Math.min(this.#lowest, load);
  }

  /** Lets a member go; machines that are no members are ignored. */
  remove(member: T, load: number): void {
    if (!this.#members.delete(member)) return;
    const bucket = this.#bucket(load);
    bucket.splice(place(bucket, member), 1);
  }

  /** Tells that a member's load changed; machines that are no members are ignored. */
  moved(member: T, from: number, to: number): void {
    if (!this.#members.has(member)) return;
    const old = this.#bucket(from);
    old.splice(place(old, member), 1);
    const next = this.#bucket(to);
    next.splice(place(next, member), 0, member);
    this.#lowest = Math.min(this.#lowest, to);
  }

  *[Symbol.iterator](): Generator<T> {
    while (this.#buckets[this.#lowest]?.length === 0) this.#lowest++;
    for (let load = this.#lowest; load < this.#buckets.length; load++) yield* this.#bucket(load);
  }

  #bucket(load: number): T[] {
    while (this.#buckets.length <= load) this.#buckets.push([]);
    return this.#buckets[load] as T[];
  }
}

/** Where the member stands, or would stand, in a sorted bucket. */
function place<T extends Ordered>(bucket: readonly T[], { id }: T): number {
  let low = 0;
  let high = bucket.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bucket[middle] as T).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
