/** Published × wanted → changes: what must be written and removed so that the store says what is so. */
import type { Entry } from './backend.ts';

export interface RecordChanges {
  readonly put: readonly Entry[];
  /** With the value that we wrote: what somebody else wrote there since is not ours to remove. */
  readonly remove: readonly Entry[];
}

/**
 * @param wanted in order; of two entries with the same key the later one wins
 * @param published what we wrote and did not remove, by key
 */
export function changes(wanted: Iterable<Entry>, published: ReadonlyMap<string, string>): RecordChanges {
  const values = new Map<string, string>();
  for (const { key, value } of wanted) values.set(key, value);
  const put = [...values].filter(([key, value]) => published.get(key) !== value);
  const remove = [...published].filter(([key]) => !values.has(key));
  return { put: put.map(asEntry), remove: remove.map(asEntry) };
}

const asEntry = ([key, value]: readonly [string, string]): Entry => ({ key, value });
