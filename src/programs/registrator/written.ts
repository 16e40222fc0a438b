/**
 * What we wrote to the store, as far as we know.
 *
 * A write that got no answer may have been carried out, and may even be carried out later than what we asked for next. So
 * every value that we sent is remembered until it is certain that it is gone: a record that nobody remembers would
 * stand as long as the session that it hangs on.
 */

export class Written {
  /** By key: the value that stands there, since the store said so. */
  readonly #sure = new Map<string, string>();
  /** By key: values that may stand there. */
  readonly #doubts = new Map<string, Set<string>>();
  /** By key: values that were overwritten or removed while they were in doubt; they may still turn up. */
  readonly #late = new Map<string, Set<string>>();

  /** What stands in the store, for comparison; a value in doubt is written as one that nobody wants. */
  standing(): ReadonlyMap<string, string> {
    return new Map([...[...this.#doubts.keys()].map((key) => [key, inDoubt] as const), ...this.#sure]);
  }

  isEmpty(): boolean {
    return this.#sure.size === 0 && this.#doubts.size === 0;
  }

  surely(key: string): string | undefined {
    return this.#sure.get(key);
  }

  sureKeys(): readonly string[] {
    return [...this.#sure.keys()];
  }

  /** Every value of ours that may be found at a key. */
  values(key: string): ReadonlySet<string> {
    const sure = this.#sure.get(key);
    return new Set([
      ...(sure === undefined ? [] : [sure]),
      ...(this.#doubts.get(key) ?? []),
      ...(this.#late.get(key) ?? []),
    ]);
  }

  /** A write is on its way. */
  trying(key: string, value: string): void {
    addTo(this.#doubts, key, value);
  }

  /** The store says that the value stands there. */
  wrote(key: string, value: string): void {
    for (const doubt of this.#doubts.get(key) ?? []) if (doubt !== value) addTo(this.#late, key, doubt);
    this.#doubts.delete(key);
    this.#sure.set(key, value);
  }

  /** The store says that nothing of ours stands there. */
  removed(key: string): void {
    for (const doubt of this.#doubts.get(key) ?? []) addTo(this.#late, key, doubt);
    this.#doubts.delete(key);
    this.#sure.delete(key);
  }

  /** What was sure is so no more. */
  doubt(key: string): void {
    const value = this.#sure.get(key);
    if (value === undefined) return;
    this.#sure.delete(key);
    addTo(this.#doubts, key, value);
  }

  /** A record was seen: @returns whether it is a late one of ours, which counts as standing from now on */
  surfaced(key: string, value: string): boolean {
    if (this.#late.get(key)?.has(value) !== true) return false;
    addTo(this.#doubts, key, value);
    return true;
  }

  /** Values that may still turn up, by key. */
  late(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#late;
  }

  /** They did not turn up in all that time. */
  forgetLate(key: string): void {
    this.#late.delete(key);
  }
}

/** No record's value is empty. */
const inDoubt = '';

function addTo(map: Map<string, Set<string>>, key: string, value: string): void {
  const values = map.get(key) ?? new Set();
  map.set(key, values.add(value));
}
