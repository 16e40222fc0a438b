/** All patterns that units declare, numbered, so that machines can count them instead of matching them. */
import type { Glob } from '../base/glob.ts';

/**
 * Every distinct pattern gets a number; a name is matched once against all of them. Whether two units conflict is then a
 * question about numbers, and whether a unit conflicts with anything on a machine a question about counts.
 */
export class PatternTable {
  readonly #numbers = new Map<string, number>();
  readonly #globs: Glob[] = [];
  readonly #exact = new Map<string, number[]>();
  /** Patterns by the text that all their matches start with; a name looks only below its own beginnings. */
  readonly #byPrefix = new Map<string, number[]>();
  readonly #prefixLengths = new Set<number>();

  /** How many distinct patterns there have ever been. */
  get size(): number {
    return this.#globs.length;
  }

  /** The pattern's number. @param fresh gets the pattern under its number when it was not there before */
  number(glob: Glob, fresh: Map<number, Glob>): number {
    const known = this.#numbers.get(glob.pattern);
    if (known !== undefined) return known;
    const number = this.#globs.push(glob) - 1;
    this.#numbers.set(glob.pattern, number);
    append(glob.exact ? this.#exact : this.#byPrefix, glob.prefix, number);
    if (!glob.exact) this.#prefixLengths.add(glob.prefix.length);
    fresh.set(number, glob);
    return number;
  }

  /** The numbers of the patterns that match the name. */
  matching(name: string): number[] {
    const numbers = [...(this.#exact.get(name) ?? [])];
    for (const length of this.#prefixLengths) {
      if (length > name.length) continue;
      for (const number of this.#byPrefix.get(name.slice(0, length)) ?? []) {
        if (this.#globs[number]?.matches(name)) numbers.push(number);
      }
    }
    return numbers;
  }
}

function append(lists: Map<string, number[]>, key: string, number: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [number]);
  else list.push(number);
}
