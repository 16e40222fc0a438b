/** What this very process costs, for its metrics. */
import type { ProcessFacts } from '../../core/metrics/process.ts';

export function ownProcess(): ProcessFacts {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1_000_000,
    startedAt: performance.timeOrigin / 1_000,
  };
}
