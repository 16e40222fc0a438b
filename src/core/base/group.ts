/** Items by a key of theirs, in order; Map.groupBy, which the oldest Node we run on does not have. */
export function groupBy<T, Key>(items: Iterable<T>, key: (item: T) => Key): ReadonlyMap<Key, readonly T[]> {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return groups;
}
