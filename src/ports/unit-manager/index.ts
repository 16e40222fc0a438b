/**
 * The service manager of one machine, as an agent drives it: unit files in a directory of ours, made known to systemd,
 * started, stopped and watched. The promise that `memory.ts` and `systemd.ts` both keep, proven by `contract.ts`.
 */
import type { PresentUnit } from '../../core/agent/types.ts';
import type { UnitFile, UnitHash, UnitName } from '../../core/unit/types.ts';

/** A unit whose file is in our directory, with what systemd says about it. */
export interface ManagedUnit extends PresentUnit {
  /** systemd's LoadState, ActiveState, SubState, as systemd reports them. */
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  /** Whether its file asks for every machine that fits. */
  readonly global: boolean;
}

export interface UnitManager extends AsyncDisposable {
  /**
   * Our units as known at this moment, in name order. Kept current by systemd's signals; units that an earlier process
   * of ours left running are among them from the start, untouched.
   */
  units(): readonly ManagedUnit[];
  /** One of them; undefined when we have no such unit. */
  unit(name: UnitName): ManagedUnit | undefined;
  /**
   * Yields the names of units that changed, appeared or went since the last time; changes that come while the consumer
   * is busy are merged into one set. One consumer at a time.
   */
  changes(stop: AbortSignal): AsyncIterable<ReadonlySet<UnitName>>;
  /** Asks systemd about every unit of ours anew: the safety net below the signals. @throws {SystemdUnreachable | SystemdFailed} */
  refresh(): Promise<void>;

  /**
   * Writes the unit's file and links it into systemd, enabled when it has an [Install] section; failing, it leaves
   * nothing behind. Needs a `reload` before the unit is started.
   *
   * @throws {UnitNotEnabled}
   * @throws {SystemdUnreachable}
   * @throws {UnitFilesUnusable}
   * @see fleet.md 4.3, Load
   */
  load(unit: UnitName, file: UnitFile, hash: UnitHash): Promise<void>;
  /**
   * Makes systemd see what `load` and `unload` did since the last time. Costs a daemon reload only when systemd still
   * holds an older version of one of the files. Failing, it is owed: the next one does what this one had to do.
   *
   * @throws {SystemdUnreachable | SystemdFailed}
   */
  reload(): Promise<void>;
  /** Asks for the unit to be started; resolves once systemd has taken the order. @throws {SystemdRefused} */
  start(unit: UnitName): Promise<void>;
  /** Stops the unit; resolves once it has stopped. Its file stays. @throws {SystemdRefused} */
  stop(unit: UnitName): Promise<void>;
  /** Ends the unit's processes at once, as a stop does that nobody can wait for. @throws {SystemdRefused} */
  kill(unit: UnitName): Promise<void>;
  /** Stops the unit, waits until it has stopped, and removes every trace of it. @throws {SystemdRefused} */
  unload(unit: UnitName): Promise<void>;

  /** The kind of systemd job pending for the unit that our own process belongs to: `restart`, `stop`, … */
  ownJob(): Promise<string | undefined>;
}
