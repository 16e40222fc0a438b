/** The snapshot that every decision reads: one revision of the registry, parsed. */
import type { Machine, MachineId } from '../machine/types.ts';
import type { TargetState, Unit, UnitHash, UnitName } from '../unit/types.ts';

/** What a machine was told to do with a unit. */
export interface Placement {
  readonly unit: UnitName;
  readonly machine: MachineId;
  readonly hash: UnitHash;
  /** Never `inactive`: such a unit has no placement. */
  readonly target: TargetState;
}

/** One machine's published state of one unit. @see fleet.md 4.6 */
export interface UnitState {
  readonly unit: UnitName;
  readonly machine: MachineId;
  readonly hash: UnitHash;
  /** systemd's LoadState, ActiveState, SubState, as systemd reports them. */
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  /** Whether that machine's agent has asked systemd to start it: fleet's unit heartbeat. @see fleet.md 2.2 */
  readonly launched: boolean;
}

/** Everything that the engine decides from. */
export interface Cluster {
  readonly machines: readonly Machine[];
  readonly units: readonly Unit[];
  readonly placements: readonly Placement[];
}

/** Everything that clients are shown. */
export interface Snapshot extends Cluster {
  readonly states: readonly UnitState[];
}
