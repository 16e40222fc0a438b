/** What keeps a fleetd from starting, or from joining its cluster. */
import { defineError } from './define.ts';

export const ConfigUnusable = defineError<{ path: string; why: string }>({
  code: 'CONFIG_UNUSABLE',
  message: ({ path, why }) => `Unable to use config file ${path}: ${why}`,
  remedy: ({ path }) => `Correct or remove ${path}; it holds one key=value per line.`,
});

export const ConfigIsDirectory = defineError<{ path: string }>({
  code: 'CONFIG_IS_DIRECTORY',
  message: ({ path }) => `Provided config ${path} is a directory, not a file`,
  remedy: ({ path }) => `Name the file itself: -config ${path}/fleet.conf.`,
});

export const SettingUnusable = defineError<{ why: string }>({
  code: 'SETTING_UNUSABLE',
  message: ({ why }) => `Unable to use a setting: ${why}`,
  remedy: () => 'Correct it in the config file or in the environment.',
});

export const MachineIdUnknown = defineError<{ path: string }>({
  code: 'MACHINE_ID_UNKNOWN',
  message: ({ path }) => `unable to determine local machine ID: ${path} is missing or empty`,
  remedy: () => 'Create it: systemd-machine-id-setup.',
});

export const BootTokenUnusable = defineError<{ path: string }>({
  code: 'BOOT_TOKEN_UNUSABLE',
  message: ({ path }) => `unable to remember this boot of the machine: ${path} cannot be written`,
  remedy: () =>
    'Run fleetd as root; or as a user with systemd_user=true, a runtime directory (XDG_RUNTIME_DIR) and a units_directory of its own.',
});
