/** Durations as people and fleet's configuration write them: Go's notation, "3s", "1m30s", "250ms". */
import { type Millis, ms } from './time.ts';

/** What one of each unit is, in milliseconds. */
const unitSizes: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

const whole = /^[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/**
 * Reads a duration in Go's notation: numbers with units (ns us ms s m h), added up; "0" needs no unit.
 *
 * @returns undefined when the text is no duration; what that means is the caller's to say
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): Millis | undefined {
  if (/^[-+]?0$/.test(text)) return ms(0);
  if (!whole.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part)) total += Number(amount) * (unitSizes[unit ?? ''] ?? 0);
  return ms(text.startsWith('-') ? -total : total);
}

/** Prints a duration as Go does: "1m30s", "1.5s", "250ms", "0s"; nothing finer than a microsecond is kept. */
export function printDuration(duration: Millis): string {
  if (duration < 0) return `-${printDuration(ms(-duration))}`;
  const micros = Math.round(duration * 1_000);
  if (micros === 0) return '0s';
  if (micros < 1_000) return `${micros}µs`;
  if (micros < 1_000_000) return `${micros / 1_000}ms`;
  const totalSeconds = micros / 1_000_000;
  const hours = Math.floor(totalSeconds / 3_600);
  const minutes = Math.floor((totalSeconds % 3_600) / 60);
  const rest = Math.round(micros % 60_000_000) / 1_000_000;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${rest}s`;
}
