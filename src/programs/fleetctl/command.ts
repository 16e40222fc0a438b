/** What a command is: a value that is handed its arguments and its world, and that returns an exit code. */
import type { Settings, Values } from '../../core/base/settings.ts';
import type { World } from './world.ts';

export interface Invocation<Flags extends Settings> {
  readonly flags: Values<Flags>;
  readonly args: readonly string[];
}

/** What every command has, whatever its flags. */
interface Described {
  readonly name: string;
  /** The arguments as help shows them: `UNIT...`. */
  readonly operands: string;
  /** One line. */
  readonly summary: string;
  /** What help adds to the summary. */
  readonly details?: string;
  /** One-letter spellings of flags; `--f` and `-f` both count. */
  readonly shorts?: Readonly<Record<string, string>>;
  /** Flags that are understood and that help does not show. */
  readonly hidden?: readonly string[];
  /** Not one of fleet's: its name takes no abbreviation away from theirs. */
  readonly ours?: boolean;
  /** Needs no cluster, so none is looked for. */
  readonly offline?: boolean;
}

export interface CommandDefinition<Flags extends Settings> extends Described {
  readonly flags: Flags;
  /** Prints what went wrong itself and returns the exit code; throws only what no command can explain better. */
  run(invocation: Invocation<Flags>, world: World): Promise<number>;
}

/** A command as `fleetctl` holds it: its flags are read from texts. */
export interface Command extends Described {
  readonly flags: Settings;
  run(invocation: Invocation<Settings>, world: World): Promise<number>;
}

/** Forgets the types of a command's flags, which only its own `run` needs. */
export const command = <Flags extends Settings>(definition: CommandDefinition<Flags>): Command => ({
  ...definition,
  run: (invocation, world) => definition.run(invocation as Invocation<Flags>, world),
});

export const noFlags = {} satisfies Settings;
