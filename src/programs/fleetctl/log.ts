/** Log lines as fleetctl writes them to stderr: `YYYY/MM/DD HH:MM:SS LEVEL file:line: message`. @see fleet.md 7.1 */
import type { Clock } from '../../ports/clock/index.ts';
import type { Io } from '../../ports/io/index.ts';
import type { Log } from '../../ports/log/index.ts';

export function fleetctlLog(io: Pick<Io, 'err'>, clock: Clock, debug: boolean): Log {
  const at = (level: string) => (message: string) =>
    io.err(`${printDate(clock.date())} ${level} ${callSite()}: ${message}`);
  return { debug: debug ? at('DEBUG') : () => {}, info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}

const two = (n: number): string => String(n).padStart(2, '0');

/** As fleet dates the lines of its log. */
export const printDate = (date: Date): string =>
  `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())} ` +
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;

/** The line that logs, three frames up: behind this function, the closure and the Error's own head. */
function callSite(): string {
  const frame = new Error().stack?.split('\n')[3] ?? '';
  return /([^/\\(]+:\d+):\d+\)?$/.exec(frame)?.[1] ?? 'fleetctl:0';
}
