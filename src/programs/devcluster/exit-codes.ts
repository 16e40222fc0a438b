/**
 * The exit codes of devcluster, all of them.
 *
 * | code | meaning |
 * | --- | --- |
 * | 0 | done, or nothing to do |
 * | 1 | it failed, for a reason that has no number below |
 * | 2 | the command line or the cluster file is wrong; nothing was done |
 * | 3 | there is no such cluster or machine, or it is not clear which |
 * | 4 | there is no Docker engine, or it does not answer |
 * | 5 | a machine or a unit did not come up, or not in time |
 * | 6 | something needed is taken: a subnet, a name, a port, or the cluster by another devcluster |
 * | 7 | it would lose something, and nobody agreed |
 * | 8 | an image cannot be built or pulled |
 * | 70 | a bug of ours |
 * | 130, 143 | interrupted by Ctrl-C, by SIGTERM |
 *
 * `exec`, `ssh` and `fleetctl` end with the code of the command that they ran; what keeps them from running it ends
 * with a code above, as everywhere.
 */
import { OperatingError } from '../../core/errors/define.ts';

const codes: Readonly<Record<string, number>> = {
  USAGE_WRONG: 2,
  CLUSTER_FILE_MISSING: 2,
  CLUSTER_FILE_WRONG: 2,
  CLUSTER_UNKNOWN: 3,
  NO_CLUSTER: 3,
  CLUSTER_AMBIGUOUS: 3,
  MACHINE_UNKNOWN: 3,
  MACHINE_STOPPED: 3,
  ENGINE_UNREACHABLE: 4,
  ENGINE_MISSING: 4,
  CHOSEN_ENGINE_UNREACHABLE: 4,
  CONTEXT_UNKNOWN: 4,
  ENGINE_START_FAILED: 4,
  PACKAGE_MISSING: 4,
  MACHINE_DIED: 5,
  UNIT_FAILED: 5,
  WAITED_TOO_LONG: 5,
  START_FAILED: 5,
  SUBNET_TAKEN: 6,
  NO_SUBNET: 6,
  NAME_TAKEN: 6,
  PORT_TAKEN: 6,
  CLUSTER_BUSY: 6,
  CONSENT_NEEDED: 7,
  ARCHITECTURE_UNKNOWN: 8,
  ARCHIVE_FAILED: 8,
  BOOTSTRAP_FAILED: 8,
  DEBIAN_MISSING: 8,
  GOLDEN_FAILED: 8,
  IMAGE_MISSING: 8,
  IMAGE_BUILD_FAILED: 8,
  IMAGE_PULL_FAILED: 8,
  NODE_PACK_FAILED: 8,
  NODE_PACK_WRONG: 8,
  PROGRAMS_MISSING: 8,
};

export const signalCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
export type StopSignal = keyof typeof signalCodes;

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof OperatingError)) return 70;
  return codes[error.code] ?? 1;
}
