/**
 * fleet's shared state. The promise that `memory.ts` and `etcd.ts` both keep, proven by `contract.ts`.
 *
 * Every read is of one revision. Every write that depends on being somebody (the leader, a live machine) is guarded by
 * that somebody's lease, so that a deposed leader or a machine that lost its lease cannot write.
 */

import type { Work } from '../../core/agent/types.ts';
import type { Millis } from '../../core/base/time.ts';
import type { Cluster, Snapshot, UnitState } from '../../core/cluster/types.ts';
import type { Machine, MachineId } from '../../core/machine/types.ts';
import type { Decision } from '../../core/scheduler/types.ts';
import type { TargetState, Unit, UnitFile, UnitName } from '../../core/unit/types.ts';

export interface Registry extends AsyncDisposable {
  // What clients read and write.

  /** Units, machines, placements and published states of one revision. @throws {RegistryUnreachable} */
  read(): Promise<Snapshot>;
  /** @throws {RegistryUnreachable} */
  unit(name: UnitName): Promise<Unit | undefined>;
  /** One unit with its placement and its published states, of one revision; costs the same in a cluster of any size. */
  status(name: UnitName): Promise<UnitStatus>;
  /** Creates the unit or replaces its file and target state in one transaction. Its placement stays untouched. */
  putUnit(name: UnitName, file: UnitFile, target: TargetState): Promise<void>;
  /** @returns false when there is no such unit: an outcome, not an error */
  setTarget(name: UnitName, target: TargetState): Promise<boolean>;
  /** Removes the unit and its placement. @returns false when there was none */
  removeUnit(name: UnitName): Promise<boolean>;
  /** Sets one metadata value at run time, or hides it when `value` is undefined; the machine need not exist. */
  setMetadata(machine: MachineId, key: string, value: string | undefined): Promise<void>;
  /**
   * Yields once at the start and then after every change of units, placements, machines or states; changes that come
   * while the consumer is busy are merged into one. Resumes by itself after trouble with the store.
   */
  changes(stop: AbortSignal): AsyncIterable<void>;
  /**
   * What `read` returns now, and then what it would after every change; merged and resumed as `changes` are.
   *
   * @throws {RegistryUnreachable} at the first one only
   */
  snapshots(stop: AbortSignal): AsyncIterable<Snapshot>;

  // What a machine does.

  /**
   * Announces the machine under a lease of `ttl`. A record left by an earlier run of the same machine, recognised by
   * `token` (the same for every process of one boot of one machine), is taken over at once.
   *
   * @throws {MachineIdTaken} another live machine uses this id
   * @throws {RegistryUnreachable}
   */
  join(machine: Machine, token: string, ttl: Millis): Promise<Membership>;
  /**
   * What concerns one machine, now and after every change of it; wakes for nothing else. Merges changes that come while
   * the consumer is busy. Resumes by itself; the machine's static metadata is the caller's, as given to `join`.
   */
  work(me: Machine, stop: AbortSignal): AsyncIterable<Work>;

  // What the engine does.

  /** The version of the engines that may lead; 0 where none ever led. @throws {RegistryUnreachable} */
  engineVersion(): Promise<number>;
  /** Raises it. @returns false when it was neither `from` nor `to` any more: an outcome, not an error */
  raiseEngineVersion(from: number, to: number): Promise<boolean>;
  /**
   * @param version our engine's: the lead is taken away from an engine of a lower one
   * @returns our leadership, or the machine that leads: not leading is an outcome
   */
  lead(me: MachineId, ttl: Millis, version?: number): Promise<Leadership | { readonly leader: MachineId }>;
  /** Resolves when there is, or may be, no leader any more, or when `stop` aborts. */
  leaderless(stop: AbortSignal): Promise<void>;
  /** The engine's picture, now and after every change of units, placements or machines; states do not wake it. */
  cluster(stop: AbortSignal): AsyncIterable<Cluster>;
}

/** All that is known about one unit; states may outlive it for a moment. */
export interface UnitStatus {
  /** Undefined when there is no such unit. */
  readonly unit: Unit | undefined;
  /** Where it is placed; undefined while it is nowhere, and for global units. */
  readonly machine: MachineId | undefined;
  readonly states: readonly UnitState[];
}

/** One machine's lease and all that hangs off it; disposing leaves the cluster at once. */
export interface Membership extends AsyncDisposable {
  /** Aborts when our own clock says that the lease may have run out, or the store says that it has. */
  readonly lost: AbortSignal;
  /** The monotonic instant until which the lease certainly holds. */
  validUntil(): Millis;
  /** Publishes these states and retracts those named; one transaction where it fits. Fenced by the lease. */
  publish(states: readonly UnitState[], retract: readonly UnitName[]): Promise<void>;
  /** Announces changed facts about the same machine (metadata, address). */
  update(machine: Machine): Promise<void>;
}

/** A held engine lease; disposing resigns at once. */
export interface Leadership extends AsyncDisposable {
  readonly lost: AbortSignal;
  /** The machine with an older engine that led until now, when it was taken from one. */
  readonly stolenFrom: MachineId | undefined;
  /** The monotonic instant until which the lease certainly holds; moves on with every renewal. */
  validUntil(): Millis;
  /**
   * Applies `schedule`, `instruct` and `unschedule` decisions in order, in transactions fenced by the leadership; a
   * `hold` is not written. A decision whose premise no longer holds (unit gone, placed elsewhere) is skipped.
   *
   * @returns the decisions that took effect
   * @throws {LeadershipLost} nothing more was written
   */
  apply(decisions: readonly Decision[]): Promise<readonly Decision[]>;
}
