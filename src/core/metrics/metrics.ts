/**
 * Counters, gauges and histograms: plain numbers that grow while a program works. They know neither time nor sockets;
 * `print.ts` turns them into the text that Prometheus reads.
 */
import { invariant } from '../base/invariant.ts';

/** One line of a family. */
export interface Sample {
  /** What follows the family's name: `_bucket`, `_sum` and `_count` of histograms. */
  readonly suffix: string;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
}

/** All that is told under one name. */
export interface Family {
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** As they are now. */
  samples(): Iterable<Sample>;
}

/** The values of a family by their labels; values of labels that were never asked for are not told. */
export interface Labelled<Names extends readonly string[], Value> extends Family {
  /** The value with these labels, always the same one: who counts often keeps it. */
  with(...labels: { readonly [At in keyof Names]: string }): Value;
}

export class Count {
  value = 0;
  add(by = 1): void {
    invariant(by >= 0, 'a counter never goes down');
    this.value += by;
  }
}

class Level {
  value = 0;
  set(value: number): void {
    this.value = value;
  }
}

export class Distribution {
  /** How many observations were at most the bound at the same place; the last is for those above all bounds. */
  readonly counts: number[];
  readonly bounds: readonly number[];
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.bounds.length && value > (this.bounds[at] ?? 0)) at++;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
    this.sum += value;
  }
}

/** Bounds that suit durations in seconds, Prometheus's own. */
export const secondsBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** Something that only grows. By convention its name ends in `_total`. */
export const counter = <const Names extends readonly string[] = []>(name: string, help: string, labels?: Names) =>
  labelled<Names, Count>('counter', name, help, labels, () => new Count(), valueIn);

/** Something that goes up and down. */
export const gauge = <const Names extends readonly string[] = []>(name: string, help: string, labels?: Names) =>
  labelled<Names, Level>('gauge', name, help, labels, () => new Level(), valueIn);

/** How observations spread over `bounds`, which ascend. */
export function histogram<const Names extends readonly string[] = []>(
  name: string,
  help: string,
  bounds: readonly number[],
  labels?: Names,
) {
  invariant(
    bounds.every((bound, at) => at === 0 || bound > (bounds[at - 1] ?? 0)),
    `the bounds of ${name} do not ascend`,
  );
  return labelled<Names, Distribution>('histogram', name, help, labels, () => new Distribution(bounds), spreadOf);
}

/** A value that somebody else keeps, read when it is told. */
export const observed = (type: 'counter' | 'gauge', name: string, help: string, read: () => number): Family => ({
  ...described(type, name, help),
  samples: () => [{ suffix: '', labels: [], value: read() }],
});

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

function described(type: Family['type'], name: string, help: string) {
  invariant(metricName.test(name), `"${name}" is no name for a metric`);
  return { type, name, help };
}

function labelled<Names extends readonly string[], Value>(
  type: Family['type'],
  name: string,
  help: string,
  names: Names | undefined,
  make: () => Value,
  samplesOf: (value: Value, labels: Sample['labels']) => Iterable<Sample>,
): Labelled<Names, Value> {
  const wanted: readonly string[] = names ?? [];
  for (const label of wanted) {
    const isUsable = labelName.test(label) && !(type === 'histogram' && label === 'le');
    invariant(isUsable, `"${label}" is no label for ${name}`);
  }
  const values = new Map<string, { readonly labels: Sample['labels']; readonly value: Value }>();
  const find = (...labels: readonly string[]): Value => {
    const key = labels.join('\u0000');
    const known = values.get(key);
    if (known !== undefined) return known.value;
    const value = make();
    values.set(key, { labels: wanted.map((label, at) => [label, labels[at] ?? ''] as const), value });
    return value;
  };
  // What has no labels exists from the start: a count of nothing is a fact, too.
  if (wanted.length === 0) find();
  return {
    ...described(type, name, help),
    with: find,
    *samples() {
      for (const { labels, value } of values.values()) yield* samplesOf(value, labels);
    },
  };
}

const valueIn = ({ value }: Count | Level, labels: Sample['labels']): Sample[] => [{ suffix: '', labels, value }];

function* spreadOf({ bounds, counts, sum }: Distribution, labels: Sample['labels']): Iterable<Sample> {
  let below = 0;
  for (const [at, count] of counts.entries()) {
    below += count;
    const bound = bounds[at] ?? Number.POSITIVE_INFINITY;
    yield { suffix: '_bucket', labels: [...labels, ['le', printValue(bound)]], value: below };
  }
  yield { suffix: '_sum', labels, value: sum };
  yield { suffix: '_count', labels, value: below };
}

/** A number as Prometheus writes it. */
export const printValue = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
