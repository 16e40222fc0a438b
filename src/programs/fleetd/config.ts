/** fleetd's settings and where they come from: the config file, and above it the environment. @see fleet.md 8.2 */
import { readFile, stat } from 'node:fs/promises';
import {
  decimalSeconds,
  duration,
  fromEnvironment,
  fromNames,
  list,
  type Mistake,
  namesOf,
  oneOf,
  readSettings,
  text,
  unknownNames,
  type Values,
  whole,
  yesNo,
} from '../../core/base/settings.ts';
import { ms, seconds } from '../../core/base/time.ts';
import { ConfigIsDirectory, ConfigUnusable, SettingUnusable } from '../../core/errors/fleetd.ts';
import { parseIni } from './ini.ts';

const some = (value: { readonly length: number }) => (value.length > 0 ? undefined : 'not empty');
const positive = (value: number) => (value > 0 ? undefined : 'more than 0');

export const settings = {
  verbosity: whole(0, 'Above 0, debug messages are logged.'),
  etcdServers: list(['http://127.0.0.1:2379', 'http://127.0.0.1:4001'], 'The etcd members to use, best all of them.', {
    check: some,
  }),
  etcdUsername: text('', 'User name for etcd, when it asks for one.'),
  etcdPassword: text('', 'Password for etcd.'),
  etcdKeyfile: text('', 'Path of the client key for etcd.'),
  etcdCertfile: text('', 'Path of the client certificate for etcd.'),
  etcdCafile: text('', "Path of the certificates that etcd's own is checked against."),
  etcdKeyPrefix: text('/_coreos.com/fleet/', 'Where the cluster keeps its state in etcd.', { check: some }),
  etcdRequestTimeout: decimalSeconds(seconds(1), 'How long one request to etcd may take.', { check: positive }),
  engineReconcileInterval: decimalSeconds(
    seconds(2),
    'A fifth of the time after which another engine may take over from one that went silent; with `disable_watches`, how often the engine looks.',
    { check: positive },
  ),
  publicIp: text('', 'The address that other machines reach this one at; found by the default route when empty.'),
  metadata: text('', 'Facts about the machine that units can ask for: key=value, separated by commas.'),
  agentTtl: duration(seconds(30), 'How long a silent machine stays in the cluster.', {
    check: (value) => (value >= ms(1_000) ? undefined : 'at least 1s'),
  }),
  partitionPolicy: oneOf(
    ['keep', 'fence'],
    'keep',
    'What becomes of the units of a machine that is cut off from etcd. `keep` lets them run; the cluster starts them elsewhere as well after `agent_ttl`. `fence` stops all but global units before that, so that none runs twice.',
  ),
  unitsDirectory: text('/run/fleet/units/', 'Where unit files are written; it must not outlive a boot.', {
    check: some,
  }),
  systemdUser: yesNo(
    false,
    "Drive the systemd of the user that fleetd runs as (`systemd --user`) instead of the machine's.",
  ),
  tokenLimit: whole(100, 'How many entries one page of an API answer holds.', {
    check: (value) => (value >= 1 && value <= 65_535 ? undefined : 'from 1 to 65535'),
  }),
  disableEngine: yesNo(false, 'Never lead: this machine runs units and decides nothing.'),
  disableWatches: yesNo(
    false,
    'Engine and agent look at the registry from time to time (`engine_reconcile_interval`; the agent every 5 s) instead of following its changes.',
  ),
  enableGrpc: yesNo(false, 'Accepted for compatibility; etcd v3 does what it was for.'),
};

/** Settings that a running daemon cannot change; all others take effect with a reload. */
export const fixedSettings = [
  'etcdServers',
  'etcdUsername',
  'etcdPassword',
  'etcdKeyfile',
  'etcdCertfile',
  'etcdCafile',
  'etcdKeyPrefix',
  'etcdRequestTimeout',
  'unitsDirectory',
  'systemdUser',
] as const satisfies readonly (keyof typeof settings)[];

export type Config = Values<typeof settings> & {
  /** The machine's static metadata, parsed. */
  readonly staticMetadata: Readonly<Record<string, string>>;
};

export interface ConfigReading {
  readonly config: Config;
  /** The file in use; undefined when there is none. */
  readonly path: string | undefined;
  /** Settings that keep their default because what is written there cannot be used. */
  readonly mistakes: readonly Mistake[];
  /** Keys of fleet's past that mean nothing any more. */
  readonly retired: readonly string[];
  /** Keys in the file that never meant anything. */
  readonly unknown: readonly string[];
}

const defaultPath = '/etc/fleet/fleet.conf';
const retiredKeys = ['verify_units', 'authorized_keys_file'];
/** The environment variable of a setting. */
export const fleetVariable = (name: string) => `FLEET_${name.toUpperCase()}`;

/**
 * @param asked the path given on the command line; the usual one is read when it exists
 * @throws {ConfigUnusable | ConfigIsDirectory} for a file that was asked for, or that cannot be parsed
 * @throws {SettingUnusable} agent_ttl is not a duration, which fleet treats as fatal alone among the settings
 */
export async function readConfig(
  asked: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ConfigReading> {
  const path = asked ?? (await exists(defaultPath));
  const file = path === undefined ? new Map<string, string>() : parseIni(path, await readText(path));
  const { values, mistakes } = readSettings(settings, [
    fromNames(path ?? 'no file', file),
    fromEnvironment(env, fleetVariable),
  ]);
  const fatal = mistakes.find(({ key }) => key === 'agentTtl');
  if (fatal !== undefined) throw new SettingUnusable({ why: fatal.message });
  return {
    config: { ...values, staticMetadata: parseMetadata(values.metadata) },
    path,
    mistakes,
    unknown: unknownNames(settings, file.keys()).filter((key) => !retiredKeys.includes(key)),
    retired: retiredKeys.filter((key) => file.has(key) || env[fleetVariable(key)] !== undefined),
  };
}

/** What is wrong with the configuration and does not keep anybody from using it, as lines of a log. */
export const complaintsAbout = ({ retired, unknown, mistakes }: ConfigReading): readonly string[] => [
  ...retired.map((key) => `Config option ${key} is no longer supported - ignoring`),
  ...unknown.map((key) => `Config option ${key} is not known - ignoring`),
  ...mistakes.map(({ message }) => `Config option ignored: ${message}`),
];

/** The names of settings that differ between two configurations and wait for a restart. */
export const waitingForRestart = (before: Config, after: Config): readonly string[] =>
  fixedSettings
    .filter((key) => settings[key].print(before[key] as never) !== settings[key].print(after[key] as never))
    .map((key) => namesOf(settings, key).name);

/** `key=value` pairs; an entry without `=` is ignored and the last of a key wins. */
export function parseMetadata(written: string): Readonly<Record<string, string>> {
  const pairs = written.split(',').flatMap((entry) => {
    const at = entry.indexOf('=');
    return at < 0 ? [] : [[entry.slice(0, at).trim(), entry.slice(at + 1).trim()] as const];
  });
  return Object.fromEntries(pairs);
}

async function exists(path: string): Promise<string | undefined> {
  return stat(path).then(
    () => path,
    () => undefined,
  );
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).isDirectory()) throw new ConfigIsDirectory({ path });
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof ConfigIsDirectory) throw cause;
    throw new ConfigUnusable({ path, why: cause instanceof Error ? cause.message : String(cause) }, { cause });
  }
}
