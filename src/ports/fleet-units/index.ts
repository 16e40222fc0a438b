/**
 * The services that fleet runs on this machine, as an observer sees them: what registrator needs, and no more.
 *
 * Fleet's are the units whose files stand in its units directory. Only `.service` units have an environment to speak of,
 * and only those whose file has a word with `SERVICE_` in it are seen.
 */
import type { UnitFacts } from '../../core/records/unit.ts';

export type { UnitFacts } from '../../core/records/unit.ts';

export interface FleetUnits extends AsyncDisposable {
  /**
   * Yields all units that are active now, by name, and again whenever one becomes active, stops being it, or was started
   * anew with another environment; changes that come while the consumer is busy are merged. What is out of systemd's
   * reach for a moment is taken to run on. One consumer at a time; ends when `stop` aborts.
   *
   * @throws {UnitFilesUnusable} fleet's directory cannot be read
   */
  watch(stop: AbortSignal): AsyncIterable<ReadonlyMap<string, UnitFacts>>;
  /**
   * Reads the files and asks systemd about their units anew: the safety net below its signals.
   *
   * @throws {SystemdUnreachable} {UnitFilesUnusable}
   */
  refresh(): Promise<void>;
}
