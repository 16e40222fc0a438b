/** What this very process costs, for its metrics. */
import { readdirSync } from 'node:fs';
import type { ProcessFacts } from '../../core/metrics/process.ts';

export function ownProcess(): ProcessFacts {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1_000_000,
    startedAt: performance.timeOrigin / 1_000,
    openFiles: openFiles(),
  };
}

/** Only Linux tells. */
function openFiles(): number {
  try {
    // The one that is opened to look does not count.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return Number.NaN;
  }
}
