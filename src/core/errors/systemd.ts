/** What can go wrong between an agent and the systemd of its machine. */
import { defineError } from './define.ts';

export const SystemdUnreachable = defineError<{ address: string }>({
  code: 'SYSTEMD_UNREACHABLE',
  status: 500,
  message: ({ address }) => `systemd does not answer on ${address}`,
  remedy: ({ address }) =>
    `It speaks with the systemd of the machine it runs on: run it as root where systemd is PID 1, and look at ${address}.`,
});

export const SystemdRefused = defineError<{ unit: string; action: string; why: string }>({
  code: 'SYSTEMD_REFUSED',
  status: 500,
  message: ({ unit, action, why }) => `systemd did not ${action} ${unit}: ${why}`,
  remedy: ({ unit }) => `Read the unit file and its journal: systemctl status ${unit}.`,
});

export const SystemdFailed = defineError<{ doing: string; why: string }>({
  code: 'SYSTEMD_FAILED',
  status: 500,
  message: ({ doing, why }) => `systemd did not ${doing}: ${why}`,
  remedy: () => "Read systemd's own journal: journalctl _PID=1.",
});

export const UnitNotEnabled = defineError<{ unit: string; why: string }>({
  code: 'UNIT_NOT_ENABLED',
  status: 500,
  message: ({ unit, why }) => `Failed to enable systemd unit ${unit}: ${why}`,
  remedy: ({ unit }) => `Correct the [Install] section of ${unit}, or leave it out: fleet starts the unit in any case.`,
});

export const UnitFilesUnusable = defineError<{ directory: string }>({
  code: 'UNIT_FILES_UNUSABLE',
  status: 500,
  message: ({ directory }) => `the units directory ${directory} cannot be read or written`,
  remedy: ({ directory }) => `Create ${directory} on a writable file system, or set units_directory to one that is.`,
});
