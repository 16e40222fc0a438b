/** Figures of one run, as a table in Markdown. */

export interface Row {
  readonly what: string;
  /** As measured, with its unit. */
  readonly measured: string;
  /** What it is compared with in the same run, and the ratio; empty when it stands alone. */
  readonly against: string;
  readonly bar: string;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('a median needs at least one value');
  return middle;
};

export const inSeconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(2)} s`;
export const inMilliseconds = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;
export const spread = (values: readonly number[], print: (value: number) => string): string =>
  `${print(median(values))} (${print(Math.min(...values))} to ${print(Math.max(...values))}, ${values.length} runs)`;

export const printTable = (rows: readonly Row[]): string =>
  [
    '| what | measured: median (range) | against, in the same run | bar |',
    '| --- | --- | --- | --- |',
    ...rows.map(({ what, measured, against, bar }) => `| ${what} | ${measured} | ${against} | ${bar} |`),
  ].join('\n');

/** How long something takes, in milliseconds. */
export const timed = async (act: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
};
