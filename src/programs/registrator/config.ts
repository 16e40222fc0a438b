/** registrator's options. @see registrator.md 1 */
import { goFlagUsage, parseGoFlags } from '../../core/base/go-flags.ts';
import { fromFlags, oneOf, readSettings, text, type Values, whole, yesNo } from '../../core/base/settings.ts';
import { OptionsUnusable } from '../../core/errors/dns.ts';
import { isHost } from '../../core/records/address.ts';
import { type Backend, parseBackend } from '../../core/records/backend.ts';

export const settings = {
  ip: text('', 'The address of every published service, whatever it is bound to.'),
  internal: yesNo(false, "Register the containers' own addresses and exposed ports instead of published ones."),
  explicit: yesNo(false, 'Register only containers that give their service a name.'),
  useIpFromLabel: text('', 'Take the address from this label of the container.', { flag: 'useIpFromLabel' }),
  tags: text('', 'Accepted for compatibility: these backends know no tags.'),
  ttl: whole(0, 'Seconds after which a record expires unless refreshed; 0 binds records to a session instead.'),
  ttlRefresh: whole(0, 'Seconds after which records are written again.'),
  sessionTtl: whole(5, 'Seconds after which records vanish when this machine dies; 0 lets them stay for ever.'),
  resync: whole(0, 'Seconds after which all containers are listed and their records written again; 0 for never.'),
  cleanup: yesNo(false, 'At every listing, remove what an earlier run of this host left behind and nobody claims.'),
  deregister: oneOf(['always', 'on-success'], 'always', 'When a container that died loses its records.'),
  retryAttempts: whole(0, 'Further tries to reach the backend at the start; -1 tries for ever.'),
  retryInterval: whole(2_000, 'Milliseconds between these tries.'),
  fleetUnits: text(
    '',
    "Also register units that fleet started without Docker and whose Environment= has SERVICE_NAME and SERVICE_PORT: the path of fleet's units directory, such as /run/fleet/units.",
  ),
  dockerRuntimeFolder: text(
    '',
    'Hear of deaths before Docker tells of them: the folder where its runtime keeps what lives, such as /run/docker/runtime-runc/moby.',
  ),
  dockerPidfile: text('', 'Wait for this file before connecting, so that a socket-activated engine sleeps on.'),
};

export type Options = Values<typeof settings>;

export type CommandLine =
  | { readonly kind: 'run'; readonly options: Options; readonly uri: string; readonly backend: Backend }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' }
  /** Exit 2, with the usage. */
  | { readonly kind: 'misused'; readonly problem: string };

/** @throws {OptionsUnusable} with every mistake at once */
export function readCommandLine(argv: readonly string[]): CommandLine {
  if (argv.length === 1 && /^--?version$/.test(argv[0] ?? '')) return { kind: 'version' };
  const flags = parseGoFlags(settings, argv);
  if (flags.kind === 'help') return flags;
  if (flags.kind === 'problem') return { kind: 'misused', problem: flags.problem };
  const [uri, ...more] = flags.rest;
  if (uri === undefined) return { kind: 'misused', problem: 'Missing required argument for registry URI.' };
  if (more.length > 0)
    return { kind: 'misused', problem: 'Extra arguments: options must come before the registry URI.' };
  const { values, mistakes } = readSettings(settings, [fromFlags(flags.texts)]);
  // A word that is none of those that it may be is fatal as a relation is; what has no meaning at all is misuse.
  const malformed = mistakes.filter(({ key }) => key !== 'deregister');
  if (malformed.length > 0) return { kind: 'misused', problem: malformed.map(({ message }) => message).join('\n') };
  const backend = parseBackend(uri);
  const all = [...mistakes.map(({ message }) => message), ...relations(values)];
  if ('mistake' in backend) all.push(backend.mistake);
  if ('mistake' in backend || all.length > 0) throw new OptionsUnusable({ program: 'registrator', mistakes: all });
  return { kind: 'run', options: values, uri, backend };
}

export const usage = `Usage of registrator:\n  registrator [options] <registry URI>\n\n${goFlagUsage(settings)}`;

/** What each value, and one beside another, must be. */
function relations(options: Options): string[] {
  const { ip, ttl, ttlRefresh, sessionTtl, resync, retryAttempts, retryInterval, fleetUnits, dockerRuntimeFolder } =
    options;
  const wrong: string[] = [];
  for (const [flag, value] of Object.entries({ ttl, 'ttl-refresh': ttlRefresh, 'session-ttl': sessionTtl, resync })) {
    if (value < 0) wrong.push(`-${flag} must not be negative`);
  }
  if (ttl > 0 !== ttlRefresh > 0) wrong.push('-ttl and -ttl-refresh must be specified together or not at all');
  else if (ttl > 0 && ttl <= ttlRefresh) wrong.push('-ttl must be greater than -ttl-refresh');
  if (retryAttempts < -1) wrong.push('-retry-attempts must be -1 or more');
  if (retryInterval <= 0) wrong.push('-retry-interval must be greater than 0');
  if (ip !== '' && !isHost(ip)) wrong.push(`-ip is "${ip}", expected an IP address or a host name`);
  for (const [flag, path] of Object.entries({
    'fleet-units': fleetUnits,
    'docker-runtime-folder': dockerRuntimeFolder,
  })) {
    if (path !== '' && !path.startsWith('/')) wrong.push(`-${flag} is "${path}", expected a path from the root on`);
  }
  return wrong;
}
