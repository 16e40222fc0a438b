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
import { seconds } from '../../core/base/time.ts';

export const settings = {
  endpoint: text('unix:///var/run/fleet.sock', 'Where the fleet API is: unix:///path, http://host:port.'),
  driver: text('API', 'What the endpoint speaks: API or etcd.'),
  etcdKeyPrefix: text('/_coreos.com/fleet/', 'Where fleet keeps its keys (driver etcd).'),
  keyFile: text('', 'Private key for TLS.'),
  certFile: text('', 'Certificate for TLS.'),
  caFile: text('', 'Certificates that a TLS server is verified with.'),
  tunnel: text('', 'Go through SSH to this host[:port].'),
  knownHostsFile: text('~/.fleetctl/known_hosts', 'Where the keys of machines are kept.'),
  strictHostKeyChecking: yesNo(true, 'Compare the keys of machines with those that are known.'),
  sshTimeout: decimalSeconds(seconds(10), 'Seconds that connecting over SSH may take.'),
  sshUsername: text('core', 'User to log in as over SSH.'),
  identityFile: text('', 'Private key for SSH, offered before those of the agent.'),
  requestTimeout: decimalSeconds(seconds(3), 'Seconds that one request may take (driver etcd).'),
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

export const variableOf = (name: string): string => `FLEETCTL_${name.toUpperCase()}`;

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
  const spoken = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const { values, given } = readSettings(settings, [fromEnvironment(spoken, variableOf), fromFlags(flags)]);
  const { mistakes } = readSettings(settings, [fromFlags(flags)]);
  return { values, driverGiven: given.has('driver'), mistakes: mistakes.map(({ message }) => message) };
}
