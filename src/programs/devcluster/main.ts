/** devcluster: argv in, exit code out; the only file that reads the one and picks the other. */
import { InvariantBroken } from '../../core/base/invariant.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { Interrupted } from '../../core/errors/devcluster.ts';
import { calledAs } from './called-as.ts';
import { parseCommandLine } from './command-line.ts';
import { readConfig } from './config.ts';
import { exitCodeOf, type StopSignal, signalCodes } from './exit-codes.ts';
import { fleetctlPath, wire } from './wire.ts';

/** How long a command may take to end in order after it was interrupted. */
const grace = 3_000;

const talk = (text: string): void => void process.stderr.write(text);

async function main(): Promise<number> {
  const around = { fleetctlPath, out: (text: string) => void process.stdout.write(text), err: talk };
  const line = parseCommandLine(process.argv.slice(2), around);
  if (typeof line === 'number') return line;
  const stop = new AbortController();
  const folder = process.cwd();
  const program = calledAs(process.argv[1] ?? 'devcluster', process.env['PATH'] ?? '', folder);
  const config = readConfig(process.env, folder, program);
  const running = line.run(wire(config, stop.signal));
  try {
    return (line.endsInOrder ? await endingInOrder(running, stop) : await running) ?? 0;
  } catch (error) {
    report(error);
    if (error instanceof Interrupted) return signalCodes[error.facts.signal as StopSignal] ?? 1;
    return exitCodeOf(error);
  }
}

/** The first signal asks the command to end; a second one, or too much time, ends it. */
function endingInOrder<T>(running: Promise<T>, stop: AbortController): Promise<T> {
  return new Promise((resolve, reject) => {
    const signals = Object.keys(signalCodes) as StopSignal[];
    const interrupt = (signal: StopSignal): void => {
      const giveUp = (): void => reject(new Interrupted({ signal }));
      if (stop.signal.aborted) giveUp();
      stop.abort(signal);
      setTimeout(giveUp, grace);
    };
    for (const signal of signals) process.on(signal, interrupt);
    running.then(resolve, reject);
  });
}

function report(error: unknown): void {
  if (error instanceof OperatingError) {
    talk(`Error: ${error.message}\n`);
    if (error.remedy !== undefined) talk(`Try: ${error.remedy}\n`);
  } else {
    const kind = error instanceof InvariantBroken ? 'A broken invariant' : 'An unexpected error';
    talk(`${kind}, which is a bug of devcluster:\n${error instanceof Error ? error.stack : String(error)}\n`);
  }
}

// Open connections to the engine must not keep a finished command alive.
process.exit(await main());
