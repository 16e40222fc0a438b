/** Tables as fleet prints them: columns that start at tab stops, padded with tabs. @see fleet.md 7.6 */

const tabStop = 8;

/** One line per row; the last column is not padded. Rows may not differ in length. */
export function printTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => lengthOf(row[column] ?? '')))) ?? [];
  return rows.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : padded(cell, widths[column] ?? 0))).join(''),
  );
}

/** Fills up to the tab stop behind the column's longest cell. */
function padded(cell: string, longest: number): string {
  const next = Math.ceil((longest + 1) / tabStop) * tabStop;
  return cell + '\t'.repeat(Math.ceil((next - lengthOf(cell)) / tabStop));
}

/** In characters, not in bytes. */
const lengthOf = (cell: string): number => Array.from(cell).length;
