/** What differs between two lists, found without looking into what they share. */

export interface Difference<T> {
  readonly gone: readonly T[];
  readonly come: readonly T[];
}

/** How many items in a row may have gone, come or been exchanged before two lists count as different to their ends. */
const lookAhead = 16;

/**
 * Walks two lists side by side, comparing by identity, and steps over short stretches in which they differ. Lists that
 * are kept sorted and reuse what did not change differ in little, wherever that is; for others the answer is longer but
 * as true: `before` without what is gone, with what has come, holds what `after` holds.
 */
export function difference<T>(before: readonly T[], after: readonly T[]): Difference<T> {
  const gone: T[] = [];
  const come: T[] = [];
  if (before === after) return { gone, come };
  let beforeEnd = before.length;
  let afterEnd = after.length;
  while (beforeEnd > 0 && afterEnd > 0 && before[beforeEnd - 1] === after[afterEnd - 1]) {
    beforeEnd--;
    afterEnd--;
  }
  let at = 0;
  let there = 0;
  while (at < beforeEnd && there < afterEnd) {
    if (before[at] === after[there]) {
      at++;
      there++;
      continue;
    }
    const step = stretch(before, at, beforeEnd, after, there, afterEnd);
    if (step === undefined) break;
    while (at < step.at) gone.push(before[at++] as T);
    while (there < step.there) come.push(after[there++] as T);
  }
  while (at < beforeEnd) gone.push(before[at++] as T);
  while (there < afterEnd) come.push(after[there++] as T);
  return { gone, come };
}

/** Where the lists meet again after the shortest stretch that was taken out, put in or exchanged. */
function stretch<T>(
  before: readonly T[],
  at: number,
  beforeEnd: number,
  after: readonly T[],
  there: number,
  afterEnd: number,
): { readonly at: number; readonly there: number } | undefined {
  for (let length = 1; length <= lookAhead; length++) {
    const [hasBefore, hasAfter] = [at + length < beforeEnd, there + length < afterEnd];
    if (hasBefore && before[at + length] === after[there]) return { at: at + length, there };
    if (hasAfter && before[at] === after[there + length]) return { at, there: there + length };
    if (hasBefore && hasAfter && before[at + length] === after[there + length])
      return { at: at + length, there: there + length };
  }
  return undefined;
}
