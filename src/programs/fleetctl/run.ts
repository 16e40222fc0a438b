/** fleetctl from its arguments to its exit code, in a world that it is handed. */
import { fromFlags, type Reading, readSettings, type Settings } from '../../core/base/settings.ts';
import { OperatingError } from '../../core/errors/define.ts';
import { UsageWrong } from '../../core/errors/fleetctl.ts';
import type { Io } from '../../ports/io/index.ts';
import { parseCommandLine } from './arguments.ts';
import type { Command } from './command.ts';
import { commands } from './commands/index.ts';
import { completeWord } from './complete-word.ts';
import { fail } from './failing.ts';
import { commandHelp, rootHelp } from './help.ts';
import { type GlobalReading, readGlobals } from './settings.ts';
import { version } from './version.ts';
import type { World } from './world.ts';

/** What a wrong command line gives; fleet gives 0, which no script can tell from success. @see fleet.md 7.1 */
const usageCode = 2;

export interface Surroundings {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly io: Io;
  /**
   * Makes the world for a command.
   *
   * @param offline no way to the cluster is needed
   * @throws {ClientUnusable}
   */
  readonly wire: (globals: GlobalReading, offline: boolean) => Promise<World>;
}

/** @returns the exit code */
export async function fleetctl({ argv, env, io, wire }: Surroundings): Promise<number> {
  try {
    if (argv[0] === completeWord) {
      const { complete } = await import('./rarely.ts');
      return await complete({ words: argv.slice(1), env, io, wire });
    }
    const line = parseCommandLine(argv, commands);
    const { command } = line;
    if (line.version) {
      io.out(`fleetctl version ${version}`);
      return 0;
    }
    if (line.help || command === undefined) {
      io.stdout.write(command === undefined ? rootHelp(commands) : commandHelp(command));
      return 0;
    }
    const globals = readGlobals(line.flags, env);
    const flags = readSettings(command.flags, [fromFlags(line.flags)]);
    refuseMistakes(command, globals, flags);
    await using world = await wire(globals, command.offline ?? false);
    return await command.run({ flags: flags.values, args: line.args }, world);
  } catch (cause) {
    if (cause instanceof UsageWrong) {
      fail(io, cause, (why) => `Error: ${why}`);
      return usageCode;
    }
    if (cause instanceof OperatingError) return fail(io, cause);
    throw cause;
  }
}

/** @throws {UsageWrong} with every mistake at once */
function refuseMistakes(command: Command, globals: GlobalReading, flags: Reading<Settings>): void {
  const mistakes = [...globals.mistakes, ...flags.mistakes.map(({ message }) => message)];
  if (mistakes.length > 0) throw new UsageWrong({ problem: mistakes.join('\n'), command });
}
