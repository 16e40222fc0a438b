import { describe, expect, it } from 'vitest';
import { counter, type Family, gauge, histogram, observed } from './metrics.ts';
import { printMetrics } from './print.ts';
import { processMetrics } from './process.ts';

/** The lines that are not about other lines. */
const toldBy = (families: readonly Family[]) =>
  printMetrics(families)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

describe('metrics', () => {
  it('tell a counter without labels from its start, and one with labels once it was used', () => {
    const plain = counter('reads_total', 'Reads.');
    const labelled = counter('writes_total', 'Writes.', ['kind', 'cause']);
    expect(printMetrics([plain, labelled])).toBe(
      '# HELP reads_total Reads.\n# TYPE reads_total counter\nreads_total 0\n' +
        '# HELP writes_total Writes.\n# TYPE writes_total counter\n',
    );
    plain.with().add();
    labelled.with('put', 'lost').add(2);
    labelled.with('put', 'lost').add();
    const text = printMetrics([plain, labelled]);
    expect(text).toContain('\nreads_total 1\n');
    expect(text).toContain('\nwrites_total{kind="put",cause="lost"} 3\n');
  });

  it('tell a gauge as it was set last, and a value kept elsewhere as it is now', () => {
    const level = gauge('records', 'Records.');
    level.with().set(7);
    level.with().set(-0.5);
    let size = 1;
    const watched = observed('gauge', 'size', 'Size.', () => size);
    size = 2;
    expect(toldBy([level, watched])).toEqual(['records -0.5', 'size 2']);
  });

  it('tell a histogram as counts up to each bound, with sum and count', () => {
    const spread = histogram('took_seconds', 'Durations.', [0.001, 0.1], ['system']);
    for (const value of [0.001, 0.002, 5]) spread.with('auth').observe(value);
    expect(printMetrics([spread])).toBe(
      [
        '# HELP took_seconds Durations.',
        '# TYPE took_seconds histogram',
        'took_seconds_bucket{system="auth",le="0.001"} 1',
        'took_seconds_bucket{system="auth",le="0.1"} 2',
        'took_seconds_bucket{system="auth",le="+Inf"} 3',
        'took_seconds_sum{system="auth"} 5.003',
        'took_seconds_count{system="auth"} 3',
        '',
      ].join('\n'),
    );
  });

  it('keep help and labels on their lines, whatever they hold', () => {
    const odd = counter('odd_total', 'One\\two\nthree.', ['text']);
    odd.with('a"b\\c\nd').add();
    expect(printMetrics([odd])).toBe(
      '# HELP odd_total One\\\\two\\nthree.\n# TYPE odd_total counter\nodd_total{text="a\\"b\\\\c\\nd"} 1\n',
    );
  });

  it('tell numbers that are none as Prometheus writes them', () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const families = values.map((value, at) => observed('gauge', `v${at}`, 'V.', () => value));
    expect(toldBy(families)).toEqual(['v0 NaN', 'v1 +Inf', 'v2 -Inf']);
  });

  it('tell what a process costs under the names that dashboards know', () => {
    expect(toldBy(processMetrics(() => ({ residentBytes: 1, cpuSeconds: 2, startedAt: 3, openFiles: 4 })))).toEqual([
      'process_resident_memory_bytes 1',
      'process_cpu_seconds_total 2',
      'process_start_time_seconds 3',
      'process_open_fds 4',
    ]);
  });

  it.each<[string, () => unknown]>([
    ['a name with a dash', () => counter('a-b', '')],
    ['a label of Prometheus itself', () => counter('a', '', ['__name'])],
    ['a label that histograms use', () => histogram('a', '', [1], ['le'])],
    ['bounds that do not ascend', () => histogram('a', '', [1, 1])],
    ['a counter that goes down', () => counter('a', '').with().add(-1)],
  ])('refuse %s', (_, make) => {
    expect(make).toThrow();
  });
});
