/** `devcluster exec [machine] -- command`: through the engine, as root, with the command's streams and exit code. */
import { pipeline } from 'node:stream/promises';
import { UsageWrong } from '../../../core/errors/devcluster.ts';
import { selectRunningMachine } from '../clusters.ts';
import type { Desk } from '../world.ts';
import { type ClusterOptions, openCluster } from './command.ts';

export interface ExecOptions extends ClusterOptions {
  readonly user?: string;
}

/** @returns the command's exit code */
export async function exec(
  desk: Desk,
  machine: string | undefined,
  command: readonly string[],
  options: ExecOptions,
): Promise<number> {
  if (command.length === 0) {
    throw new UsageWrong({
      message: 'exec needs a command',
      remedy:
        'Write it like devcluster exec core-01 -- systemctl status, or enter the machine: devcluster ssh core-01.',
    });
  }
  const { engine, cluster } = await openCluster(desk, options);
  const { container } = selectRunningMachine(cluster, machine);
  const { terminal } = desk.io;
  const isTerminal = terminal !== undefined && (desk.io.stdout as { isTTY?: boolean }).isTTY === true;
  using run = await engine.docker.exec(container, {
    command,
    stdin: true,
    tty: isTerminal,
    ...(options.user === undefined ? {} : { user: options.user }),
    environment: isTerminal ? { TERM: desk.config.environment['TERM'] ?? 'xterm' } : {},
  });
  const resize = (): void => {
    const { columns, rows } = terminal?.size() ?? { columns: 80, rows: 24 };
    run.resize(columns, rows).catch(() => {});
  };
  using _raw = isTerminal ? terminal.raw() : undefined;
  using _resized = isTerminal ? terminal.resized(resize) : undefined;
  if (isTerminal) resize();
  // Input may end before the command or after it; neither is an error of ours.
  pipeline(desk.io.stdin, run.stdin).catch(() => {});
  run.stdout.pipe(desk.io.stdout, { end: false });
  run.stderr.pipe(desk.io.stderr, { end: false });
  const code = await run.exitCode;
  // A person's terminal stays open for ever; what is not read any more must not keep us alive.
  desk.io.stdin.unpipe(run.stdin);
  desk.io.stdin.pause();
  return code;
}
