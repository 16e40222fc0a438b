/** What somebody probably meant. */

/** The number of single-letter changes, swaps included, that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (before[column - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    before = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

/** Those of `known` that are a slip of the keyboard away from `text`, nearest first. */
export function nearNames(text: string, known: readonly string[]): readonly string[] {
  const tolerated = Math.max(1, Math.floor(text.length / 3));
  return known
    .map((name) => ({ name, distance: editDistance(text.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= tolerated || (text.length >= 3 && name.startsWith(text)))
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ name }) => name);
}
