/** What happened in a simulated world, line by line: two runs from one seed must not differ in any. */
import type { Clock } from '../ports/clock/index.ts';
import type { Facts, Log } from '../ports/log/index.ts';

export class History {
  readonly lines: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(who: string, what: string): void {
    const time = (this.#clock.now() / 1_000).toFixed(3).padStart(9);
    this.lines.push(`${time}  ${who.padEnd(9)} ${what}`);
  }

  /** A log that writes into the history. */
  log(who: string): Log {
    const at = (event: string, facts: Facts = {}) => this.note(who, `${event}${print(facts)}`);
    return { debug: () => {}, info: at, warn: at, error: at };
  }
}

const print = (facts: Facts): string =>
  Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${value instanceof Error ? value.message : JSON.stringify(value)}`)
    .join('');
