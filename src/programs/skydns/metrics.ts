/** What the server counts, under the names that SkyDNS documents and some of ours. @see skydns.md 10 */
import {
  type Count,
  counter,
  type Distribution,
  type Family,
  histogram,
  observed,
} from '../../core/metrics/metrics.ts';
import type { Known } from './known.ts';

/** Who found the answer: our records, memory of other servers' answers, other servers, reverse entries, a stub zone. */
export type System = 'auth' | 'cache' | 'recursive' | 'reverse' | 'stub';

export const systems: readonly System[] = ['auth', 'cache', 'recursive', 'reverse', 'stub'];

const durationBounds = [0.001, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const sizeBounds = [0, 512, 1_024, 1_500, 2_048, ...Array.from({ length: 16 }, (_, step) => 4_096 * (step + 1))];

interface OfSystem {
  readonly requests: Count;
  readonly duration: Distribution;
  readonly size: Distribution;
}

export class DnsMetrics {
  readonly families: readonly Family[];
  readonly #of: Readonly<Record<System, OfSystem>>;
  readonly #errors;
  readonly #misses: Count;
  readonly #dropped: Count;

  /**
   * @param name the metric's whole name from its last part
   * @param known asked when the metrics are told
   * @param now milliseconds on the clock of `known.unreachableSince`
   */
  constructor(name: (last: string) => string, known: Known, now: () => number) {
    const requests = counter(name('dns_request_count_total'), 'Questions answered.', ['system']);
    const duration = histogram(name('dns_request_duration_seconds'), 'Time to an answer.', durationBounds, ['system']);
    const size = histogram(name('dns_response_size_bytes'), 'Size of answers.', sizeBounds, ['system']);
    const misses = counter(
      name('dns_cachemiss_count_total'),
      'Questions whose answer was not remembered from other servers.',
      ['cache'],
    );
    const dropped = counter(name('dns_dropped_count_total'), 'Packets that deserved no answer.');
    this.#errors = counter(name('dns_error_count_total'), 'Answers that are no records, by their cause.', [
      'system',
      'cause',
    ]);
    const of = (system: System): OfSystem => ({
      requests: requests.with(system),
      duration: duration.with(system),
      size: size.with(system),
    });
    this.#of = Object.fromEntries(systems.map((system) => [system, of(system)])) as Record<System, OfSystem>;
    this.#misses = misses.with('response');
    this.#dropped = dropped.with();
    this.families = [
      ...[requests, duration, size, this.#errors, misses, dropped],
      observed('gauge', name('store_reachable'), 'Whether the records are followed (1) or only remembered (0).', () =>
        known.reachable ? 1 : 0,
      ),
      observed('gauge', name('store_unreachable_seconds'), 'How long the store has been out of reach.', () =>
        known.unreachableSince === undefined ? 0 : (now() - known.unreachableSince) / 1_000,
      ),
      observed('gauge', name('records'), 'Service records in memory.', () => known.tree?.size ?? 0),
      observed('gauge', name('records_skipped'), 'Records that cannot be read.', () => known.skipped),
      observed('counter', name('changes_count_total'), 'Changes of records and configuration.', () => known.version),
    ];
  }

  /** @param took milliseconds */
  answered(system: System, took: number, reply: Uint8Array): void {
    const of = this.#of[system];
    of.requests.add();
    of.duration.observe(took / 1_000);
    of.size.observe(reply.length);
    const cause = causeIn(reply);
    if (cause !== undefined) this.failed(system, cause);
  }

  failed(system: System, cause: string): void {
    this.#errors.with(system, cause).add();
  }

  missed(): void {
    this.#misses.add();
  }

  dropped(): void {
    this.#dropped.add();
  }
}

const causes: readonly (string | undefined)[] = [undefined, 'formerr', 'servfail', 'nxdomain', 'notimp', 'refused'];

/** Read from the reply itself, so that remembered answers count like new ones. */
function causeIn(reply: Uint8Array): string | undefined {
  const [flags = 0, codes = 0] = [reply[2], reply[3]];
  if ((flags & 2) !== 0) return 'truncated';
  const rcode = codes & 15;
  if (rcode !== 0) return causes[rcode];
  return reply[6] === 0 && reply[7] === 0 ? 'nodata' : undefined;
}
