/** What every server of ours tells about its own process, under the names that Prometheus's clients use. */
import { type Family, observed } from './metrics.ts';

export interface ProcessFacts {
  readonly residentBytes: number;
  /** User and system time together. */
  readonly cpuSeconds: number;
  /** Seconds since 1970. */
  readonly startedAt: number;
  /** Files, sockets and all else that it holds open; NaN where nobody counts them. */
  readonly openFiles: number;
}

/** @param read asked when the metrics are told */
export const processMetrics = (read: () => ProcessFacts): readonly Family[] => [
  observed('gauge', 'process_resident_memory_bytes', 'Memory that the process occupies.', () => read().residentBytes),
  observed(
    'counter',
    'process_cpu_seconds_total',
    'Processor time that the process has used.',
    () => read().cpuSeconds,
  ),
  observed('gauge', 'process_start_time_seconds', 'When the process started, since 1970.', () => read().startedAt),
  observed('gauge', 'process_open_fds', 'Files and sockets that the process holds open.', () => read().openFiles),
];
