/**
 * The fleet API as a client uses it. The promise that `memory.ts` and `http.ts` both keep, proven by `contract.ts`.
 *
 * Lists are whole and in the server's order: pages are the adapter's affair.
 */
import type { ApiMachine, ApiUnit, ApiUnitState } from '../../core/api/entities.ts';
import type { MetadataChange } from '../../core/api/patch-machines.ts';
import type { TargetState, UnitFile, UnitName } from '../../core/unit/types.ts';

/** Every call throws {ApiRefused} or {ApiUnreachable}. */
export interface FleetApi {
  machines(): Promise<readonly ApiMachine[]>;
  units(): Promise<readonly ApiUnit[]>;
  /** @returns undefined when there is no such unit: an outcome, not an error */
  unit(name: UnitName): Promise<ApiUnit | undefined>;
  /** What machines report about units, or about one unit only. */
  states(unit?: UnitName): Promise<readonly ApiUnitState[]>;
  /** Creates a unit, or replaces the file of one; its target state becomes `inactive`. */
  putUnit(name: UnitName, file: UnitFile): Promise<void>;
  /** The unit must exist. */
  setTarget(name: UnitName, target: TargetState): Promise<void>;
  /** @returns false when there was no such unit */
  removeUnit(name: UnitName): Promise<boolean>;
  setMetadata(changes: readonly MetadataChange[]): Promise<void>;
  /**
   * Yields once the server listens for changes and then after every change; changes that come while the consumer is busy
   * are merged into one. Ends when `stop` aborts, or without an error when the connection is lost.
   *
   * @returns undefined when the server has no such stream, as fleet's own daemon: ask again and again instead
   */
  changes(stop: AbortSignal): Promise<AsyncIterable<void> | undefined>;
}
