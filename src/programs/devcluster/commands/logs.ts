/** `devcluster logs [machine] [-u unit] [-f]`: the machine's journal. */
import { finished } from 'node:stream/promises';
import { UsageWrong } from '../../../core/errors/devcluster.ts';
import { selectMachine } from '../clusters.ts';
import type { Desk } from '../world.ts';
import { type ClusterOptions, openCluster } from './command.ts';

export interface LogsOptions extends ClusterOptions {
  readonly unit?: string;
  readonly follow?: boolean;
  /** How many lines from the end; all when absent. */
  readonly lines?: string;
}

/**
 * Of a machine that does not run there is only what it wrote to its console.
 *
 * @returns journalctl's exit code
 */
export async function logs(desk: Desk, name: string | undefined, options: LogsOptions): Promise<number> {
  if (options.lines !== undefined && !/^\d+$/.test(options.lines)) {
    throw new UsageWrong({ message: `-n "${options.lines}" is not a number of lines`, remedy: 'Write it like -n 20.' });
  }
  const { engine, cluster } = await openCluster(desk, options);
  const machine = selectMachine(cluster, name);
  if (machine.state !== 'running') {
    desk.screen.say(`${machine.name} is ${machine.state}; this is what its console said last:`);
    const output = await engine.docker.logs(machine.container, { tail: Number(options.lines ?? 200) });
    output.pipe(desk.io.stdout, { end: false });
    await finished(output);
    return 0;
  }
  const command = options.follow === true ? whileHeard(journalctl(options)) : journalctl(options);
  using run = await engine.docker.exec(machine.container, { command, stdin: options.follow === true });
  run.stdout.pipe(desk.io.stdout, { end: false });
  run.stderr.pipe(desk.io.stderr, { end: false });
  return await run.exitCode;
}

const journalctl = ({ unit, follow, lines }: LogsOptions): readonly string[] => [
  'journalctl',
  '--no-pager',
  '--quiet',
  ...(unit === undefined ? [] : ['-u', unit]),
  ...(lines === undefined ? [] : ['-n', lines]),
  ...(follow === true ? ['-f'] : []),
];

/**
 * An engine lets a command go on when nobody hears it any more; what it does close then is the command's input.
 *
 * @returns the command, ending with its input
 */
const whileHeard = (command: readonly string[]): readonly string[] => [
  'sh',
  '-c',
  'exec 3<&0; "$@" & heard=$!; { cat <&3; kill $heard; } >/dev/null 2>&1 & wait $heard',
  'sh',
  ...command,
];
