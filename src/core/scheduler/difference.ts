/** What differs between two lists, found without looking into what they share. */

export interface Difference<T> {
  readonly gone: readonly T[];
  readonly come: readonly T[];
}

/**
 * The parts of two lists between their common beginning and their common end, compared by identity. Lists that are kept
 * sorted and reuse what did not change differ in little; for others the answer is longer but as true: `before` without
 * what is gone, with what has come, holds what `after` holds.
 */
export function difference<T>(before: readonly T[], after: readonly T[]): Difference<T> {
  if (before === after) return { gone: [], come: [] };
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return { gone: before.slice(start, before.length - end), come: after.slice(start, after.length - end) };
}
