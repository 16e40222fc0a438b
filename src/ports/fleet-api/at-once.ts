/** Requests for many units go out several at a time, and look from outside as if they went one by one. */

/** Few enough for the sessions that an sshd allows one connection, when each request is one. */
const together = 8;

/**
 * Does something for every item, a few at a time. After a failure no more are begun; those under way are waited for.
 *
 * @returns the results in the order of the items
 * @throws the failure of the first item that has one
 */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const failures = new Map<number, unknown>();
  let next = 0;
  const work = async () => {
    while (next < items.length && failures.size === 0) {
      const at = next++;
      try {
        results[at] = await act(items[at] as Item);
      } catch (cause) {
        failures.set(at, cause);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(together, items.length) }, work));
  const [first] = [...failures].sort(([a], [b]) => a - b);
  if (first !== undefined) throw first[1];
  return results;
}
