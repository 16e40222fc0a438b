/** The host that the tool runs on, as far as a new cluster must not clash with it. `memory.ts` is its twin. */
import type { UsedRange } from '../../core/topology/subnet.ts';

export interface Host {
  /** IPv4 ranges that its interfaces and routes use; as much of them as this platform tells. */
  ranges(): Promise<readonly UsedRange[]>;
  /** Whether something may listen on this TCP port of 127.0.0.1. */
  isPortFree(port: number): Promise<boolean>;
  /** Whether an SSH server says hello at this port of 127.0.0.1. */
  sshAnswers(port: number): Promise<boolean>;
}
