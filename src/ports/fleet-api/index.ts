/**
 * The fleet API as a client uses it. The promise that `memory.ts`, `http.ts` and `registry.ts` keep, proven by `contract.ts`.
 *
 * Lists are whole and in the server's order: pages are the adapter's affair.
 */
import type { UnitRequest } from '../../core/api/batch.ts';
import type { ApiMachine, ApiUnit, ApiUnitState } from '../../core/api/entities.ts';
import type { UnitNews } from '../../core/api/follow.ts';
import type { MetadataChange } from '../../core/api/patch-machines.ts';
import type { TargetState, UnitFile, UnitName } from '../../core/unit/types.ts';

export interface PutOutcome {
  /** How many were done, from the first on. */
  readonly done: number;
  /** Why the next one was not: what a single call would have thrown. */
  readonly failure?: unknown;
}

/** Every call throws {ApiRefused}, and {ApiUnreachable} or {RegistryUnreachable}. */
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
  /**
   * Does what `putUnit` and `setTarget` do for many units, in order, up to the first that is refused. With a server that
   * takes no batches, as fleet's own daemon, some behind that one may be done, too.
   */
  putUnits(requests: readonly UnitRequest[]): Promise<PutOutcome>;
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
  /**
   * Yields all that there is to know about the units, not older than the call, and then what is new. There may be news of
   * other units among them. Ends as `changes` does.
   *
   * @param names of at least one unit
   * @returns undefined when the server does not serve followers, as fleet's own daemon
   */
  follow(names: readonly UnitName[], stop: AbortSignal): Promise<AsyncIterable<UnitNews> | undefined>;
}
