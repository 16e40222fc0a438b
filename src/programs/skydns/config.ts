/** skydns's options and where they come from: environment, and above it the command line. @see skydns.md 2 */
import { goFlagUsage, parseGoFlags } from '../../core/base/go-flags.ts';
import {
  fromEnvironment,
  fromFlags,
  list,
  namesOf,
  readSettings,
  type Setting,
  type Source,
  text,
  type Values,
  whole,
  yesNo,
} from '../../core/base/settings.ts';
import { atLeastNothing, type DnsConfig, defaultDnsConfig, dnsSettings, saysNothing } from '../../core/dns/config.ts';
import { OptionsUnusable } from '../../core/errors/dns.ts';
import { parseEndpoint, printEndpoint } from '../../core/records/address.ts';

const areUrls = (written: readonly string[]) =>
  written.every((one) => /^https?:\/\/[^/]+\/?$/.test(one)) ? undefined : 'a comma-separated list of http://host:port';
const isPort = (value: number) => (value >= 0 && value <= 65_535 ? undefined : 'a port from 1 to 65535');
const isPath = (written: string) => (written.startsWith('/') ? undefined : 'a path such as /metrics');
const isNamePart = (written: string) =>
  /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(written) ? undefined : 'letters, digits and underscores';

/** Of this program; what the store may say too is described by `dnsSettings`. */
export const programSettings = {
  machines: list(['http://127.0.0.1:2379', 'http://127.0.0.1:4001'], 'The etcd members to read from.', {
    env: 'ETCD_MACHINES',
    check: areUrls,
  }),
  tlsKey: text('', 'Path of the client key for etcd.', { env: 'ETCD_TLSKEY' }),
  tlsPem: text('', 'Path of the client certificate for etcd.', { env: 'ETCD_TLSPEM' }),
  caCert: text('', "Path of the certificates that etcd's own is checked against.", { env: 'ETCD_CACERT' }),
  username: text('', 'User name for etcd.', { env: 'ETCD_USERNAME' }),
  password: text('', 'Password for etcd.', { env: 'ETCD_PASSWORD' }),
  pathPrefix: text('skydns', 'The first segment of every key.', { env: 'SKYDNS_PATH_PREFIX' }),
  stubzones: yesNo(false, 'Pass questions on to the servers that stub.dns.<domain> names for their zone.'),
  verbose: yesNo(false, 'Log every question.'),
  etcd3: yesNo(false, 'Accepted, without effect: records are always read from etcd v3.'),
  version: yesNo(false, 'Print the version and exit.'),
  prometheusPort: whole(0, 'Port for metrics, /health and /ready on every address; 0 for none.', {
    env: 'PROMETHEUS_PORT',
    check: isPort,
  }),
  prometheusPath: text('/metrics', 'Path of the metrics.', { env: 'PROMETHEUS_PATH', check: isPath }),
  prometheusNamespace: text('skydns', 'First part of the name of every metric.', {
    env: 'PROMETHEUS_NAMESPACE',
    check: isNamePart,
  }),
  prometheusSubsystem: text('skydns', 'Second part of the name of every metric.', {
    env: 'PROMETHEUS_SUBSYSTEM',
    check: isNamePart,
  }),
};

export const settings = { ...dnsSettings, ...programSettings };

export type Options = Values<typeof settings>;

export type CommandLine =
  | { readonly kind: 'run'; readonly options: Options }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' }
  /** Exit 2, with the usage, as Go's flags do. */
  | { readonly kind: 'misused'; readonly problem: string };

export const usage = `Usage of skydns:\n${goFlagUsage(settings)}`;

/** @throws {OptionsUnusable} with every mistake at once */
export function readOptions(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): CommandLine {
  const flags = parseGoFlags(settings, argv);
  if (flags.kind === 'help') return flags;
  if (flags.kind === 'problem') return { kind: 'misused', problem: flags.problem };
  const unreadable = firstUnreadable(flags.texts);
  if (unreadable !== undefined) return { kind: 'misused', problem: unreadable };
  const sources = [fromEnvironment(env), fromFlags(flags.texts)].map(whereSaid);
  const { values, mistakes } = readSettings(settings, sources);
  if (values.version) return { kind: 'version' };
  if (mistakes.length > 0) {
    throw new OptionsUnusable({ program: 'skydns', mistakes: mistakes.map(({ message }) => message) });
  }
  return { kind: 'run', options: atLeastNothing(values) };
}

/** What Go's flag package itself refuses: a number that is none. What a value means is judged later, all at once. */
function firstUnreadable(texts: ReadonlyMap<string, string>): string | undefined {
  for (const [key, setting] of Object.entries(settings) as [string, Setting<unknown>][]) {
    const { flag } = namesOf(settings, key);
    const written = texts.get(flag);
    if (written === undefined || typeof setting.preset === 'string') continue;
    const parsed = setting.parse(written);
    if ('expected' in parsed) return `invalid value "${written}" for flag -${flag}: expected ${parsed.expected}`;
  }
  return undefined;
}

/** A variable that is set to nothing, or a 0 where that makes no sense, leaves the setting as it was. */
const whereSaid = ({ from, find }: Source): Source => ({
  from,
  find(names) {
    const found = find(names);
    return found === undefined || saysNothing(names.name, found.text) ? undefined : found;
  },
});

/** What the options say about DNS; the store's own configuration is laid over it later. */
export function dnsConfigOf(options: Options, nameservers: readonly string[]): DnsConfig {
  const own = Object.keys(dnsSettings).map((key) => [key, options[key as keyof DnsConfig]]);
  const config: DnsConfig = { ...defaultDnsConfig, ...Object.fromEntries(own) };
  return config.nameservers.length > 0 ? config : { ...config, nameservers };
}

/** The prefix as keys have it, however many slashes were written around it. */
export const prefixOf = ({ pathPrefix }: Options): string => pathPrefix.replace(/^\/+|\/+$/g, '') || 'skydns';

/**
 * The servers of a resolv.conf.
 *
 * @param own `<ip>:<port>` that we answer at ourselves: forwarding there would never end
 */
export function nameserversIn(resolvConf: string, own: ReadonlySet<string>): string[] {
  return resolvConf
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .map((address) => printEndpoint(address, 53))
    .filter((server) => parseEndpoint(server) !== undefined && !own.has(server));
}
