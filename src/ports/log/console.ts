/** Writes events as lines on stderr, fleetd's way: `LEVEL event key=value`. No time: journald adds its own. */
import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { OperatingError } from '../../core/errors/define.ts';
import type { Facts, Log } from './index.ts';

export interface ConsoleLogOptions {
  /** Above zero, debug events are written too; asked at every event, so that a reload can change it. */
  readonly verbosity?: () => number;
  readonly write?: (line: string) => void;
}

export function consoleLog({ verbosity = () => 0, write = gathered(process.stderr) }: ConsoleLogOptions = {}): Log {
  const at = (level: string) => (event: string, facts?: Facts) => write(`${level} ${line(event, facts)}\n`);
  const debug = at('DEBUG');
  return {
    debug: (event, facts) => {
      if (verbosity() > 0) debug(event, facts);
    },
    info: at('INFO'),
    warn: at('WARN'),
    error: at('ERROR'),
  };
}

/** Lines of one turn of the loop reach the stream in one write: what starts hundreds of units has thousands to tell. */
export function gathered(stream: Writable): (line: string) => void {
  let gathering = false;
  const end = () => {
    process.off('exit', end);
    gathering = false;
    stream.uncork();
  };
  return (text) => {
    if (!gathering) {
      gathering = true;
      stream.cork();
      setImmediate(end);
      // A process that ends within the turn does not come to it.
      process.on('exit', end);
    }
    stream.write(text);
  };
}

const line = (event: string, facts: Facts = {}): string =>
  [oneLine(event), ...Object.entries(facts).flatMap(([name, value]) => fact(name, value))].join(' ');

const fact = (name: string, value: unknown): string[] =>
  value === undefined ? [] : [`${name}=${quoted(print(value))}`];

const print = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return printError(value);
  if (typeof value === 'object' && value !== null)
    return inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 4 });
  return String(value);
};

/** The message, what to do about it, and what lay behind it. */
function printError(error: Error): string {
  const remedy = error instanceof OperatingError && error.remedy !== undefined ? ` (${error.remedy})` : '';
  const cause = error.cause === undefined ? '' : `; because: ${print(error.cause)}`;
  return `${error.message || error.name}${remedy}${cause}`;
}

const quoted = (text: string): string => (/^[^\s"=\\]+$/.test(text) ? text : JSON.stringify(text));

/** One event is one line, whatever a unit or a machine calls itself. */
const oneLine = (text: string): string => text.replaceAll('\n', '\\n').replaceAll('\r', '\\r');
