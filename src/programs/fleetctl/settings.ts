/** The global flags, each with its variable. @see fleet.md 7.1 */
import {
  decimalSeconds,
  fromEnvironment,
  fromFlags,
  readSettings,
  text,
  type Values,
  yesNo,
} from '../../core/base/settings.ts';
import { type Millis, seconds } from '../../core/base/time.ts';

/** Timers count milliseconds in 31 bits. */
const longest = seconds(2_147_483);
const waitable = (time: Millis) => (time > 0 && time <= longest ? undefined : 'more than 0 and at most 2147483');

export const settings = {
  endpoint: text('unix:///var/run/fleet.sock', 'Where the fleet API is: unix:///path, http://host:port.'),
  driver: text('API', 'What the endpoint speaks: API or etcd.', { words: ['API', 'etcd'] }),
  etcdKeyPrefix: text('/_coreos.com/fleet/', 'Where fleet keeps its keys (driver etcd).'),
  keyFile: text('', 'Private key for TLS.'),
  certFile: text('', 'Certificate for TLS.'),
  caFile: text('', 'Certificates that a TLS server is verified with.'),
  tunnel: text('', 'Go through SSH to this host[:port].'),
  knownHostsFile: text('~/.fleetctl/known_hosts', 'Where the keys of machines are kept.'),
  strictHostKeyChecking: yesNo(true, 'Compare the keys of machines with those that are known.'),
  sshTimeout: decimalSeconds(seconds(10), 'Seconds that connecting over SSH may take.', { check: waitable }),
  sshUsername: text('core', 'User to log in as over SSH.'),
  identityFile: text('', 'Private key for SSH, offered before those of the agent.'),
  requestTimeout: decimalSeconds(seconds(3), 'Seconds that one request may take (driver etcd).', { check: waitable }),
  debug: yesNo(false, 'Tell on stderr what is done.'),
  experimentalApi: yesNo(true, 'Deprecated.'),
};

export type GlobalSettings = Values<typeof settings>;

/** Older spellings. */
export const aliases: Readonly<Record<string, string>> = {
  'etcd-keyfile': 'key-file',
  'etcd-certfile': 'cert-file',
  'etcd-cafile': 'ca-file',
};

/** @param name of a setting or a flag */
export const variableOf = (name: string): string => `FLEETCTL_${name.toUpperCase().replaceAll('-', '_')}`;

export interface GlobalReading {
  readonly values: GlobalSettings;
  /** Whether somebody said which driver to use. */
  readonly driverGiven: boolean;
  /** What is wrong with the command line. */
  readonly mistakes: readonly string[];
}

/**
 * Reads the global settings: the command line wins over the environment. In the environment what is empty or cannot be
 * read is as if it were not there, as in fleet; on the command line it is a mistake.
 */
export function readGlobals(
  flags: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string | undefined>>,
): GlobalReading {
  const older = Object.entries(aliases).map(([alias, name]) => [variableOf(name), env[variableOf(alias)]] as const);
  const spoken: Readonly<Record<string, string | undefined>> = Object.fromEntries(
    [...older, ...Object.entries(env)].filter(([, value]) => value),
  );
  const { values, given } = readSettings(settings, [fromEnvironment(spoken, variableOf), fromFlags(flags)]);
  const { mistakes } = readSettings(settings, [fromFlags(flags)]);
  return { values, driverGiven: given.has('driver'), mistakes: mistakes.map(({ message }) => message) };
}
