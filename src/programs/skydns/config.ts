/** skydns's options and where they come from: environment, and above it the command line. @see skydns.md 2 */
import { parseGoFlags } from '../../core/base/go-flags.ts';
import {
  duration,
  fromEnvironment,
  fromFlags,
  list,
  readSettings,
  text,
  type Values,
  whole,
  yesNo,
} from '../../core/base/settings.ts';
import { seconds } from '../../core/base/time.ts';
import { type DnsConfig, defaultDnsConfig, parseDomain, parseMailbox } from '../../core/dns/config.ts';
import { OptionsUnusable } from '../../core/errors/dns.ts';
import { parseEndpoint, printEndpoint } from '../../core/records/address.ts';
import { parseName } from '../../core/records/name.ts';

const isEndpoint = (written: string) => (parseEndpoint(written) === undefined ? '<ip>:<port>' : undefined);
const areEndpoints = (written: readonly string[]) =>
  written.every((one) => parseEndpoint(one) !== undefined) ? undefined : 'a comma-separated list of <ip>:<port>';
const named = (parse: (written: string) => string | undefined, expected: string) => (written: string) =>
  parse(written) === undefined ? expected : undefined;

export const settings = {
  addr: text(defaultDnsConfig.listen, 'Where to answer, UDP and TCP.', { env: 'SKYDNS_ADDR', check: isEndpoint }),
  domain: text('skydns.local.', 'The zone to answer for.', {
    env: 'SKYDNS_DOMAIN',
    check: named(parseDomain, 'a domain name'),
  }),
  nameservers: list([], 'Servers for everything else; those of /etc/resolv.conf when empty.', {
    env: 'SKYDNS_NAMESERVERS',
    check: areEndpoints,
  }),
  noRec: yesNo(false, 'Never forward a question.'),
  hostmaster: text('', 'Mail address for the SOA; hostmaster at the domain when empty.', {
    check: named(parseMailbox, 'a mail address'),
  }),
  local: text('', 'The name that local.dns.<domain> stands for.', { check: named(parseName, 'a domain name') }),
  roundRobin: yesNo(true, 'Answer with addresses in a new order every time.'),
  nsRotate: yesNo(true, 'Spread forwarded questions over the name servers.'),
  rtimeout: duration(defaultDnsConfig.readTimeout, 'How long one name server may take.'),
  ndots: whole(defaultDnsConfig.minLabels, 'Labels that a name must have to be forwarded.', { env: 'SKYDNS_NDOTS' }),
  rcache: whole(0, 'Forwarded answers to keep; 0 keeps none. Own answers are always remembered until they change.'),
  rcacheTtl: whole(60, 'Seconds that forwarded answers are kept, and the TTL of what they add to own ones.'),
  scache: whole(10_000, 'Accepted for compatibility: there are no signatures to keep.'),
  dnssec: text('', 'Accepted for compatibility: answers are not signed.'),
  machines: list(['http://127.0.0.1:2379', 'http://127.0.0.1:4001'], 'The etcd members to read from.', {
    env: 'ETCD_MACHINES',
  }),
  tlsKey: text('', 'Path of the client key for etcd.', { env: 'ETCD_TLSKEY' }),
  tlsPem: text('', 'Path of the client certificate for etcd.', { env: 'ETCD_TLSPEM' }),
  caCert: text('', "Path of the certificates that etcd's own is checked against.", { env: 'ETCD_CACERT' }),
  username: text('', 'User name for etcd.', { env: 'ETCD_USERNAME' }),
  password: text('', 'Password for etcd.', { env: 'ETCD_PASSWORD' }),
  pathPrefix: text('skydns', 'The first segment of every key.', { env: 'SKYDNS_PATH_PREFIX' }),
  verbose: yesNo(false, 'Log every question.'),
  etcd3: yesNo(false, 'Accepted for compatibility: records are always read from etcd v3.'),
  version: yesNo(false, 'Print the version and exit.'),
};

export type Options = Values<typeof settings>;

export type CommandLine =
  | { readonly kind: 'run'; readonly options: Options; readonly given: ReadonlySet<string> }
  | { readonly kind: 'version' }
  | { readonly kind: 'help' };

/** @throws {OptionsUnusable} with every mistake at once */
export function readOptions(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): CommandLine {
  const flags = parseGoFlags(settings, argv);
  if (flags.kind === 'help') return flags;
  if (flags.kind === 'problem') throw new OptionsUnusable({ program: 'skydns', mistakes: [flags.problem] });
  const { values, mistakes, given } = readSettings(settings, [fromEnvironment(env), fromFlags(flags.texts)]);
  if (values.version) return { kind: 'version' };
  if (mistakes.length > 0) {
    throw new OptionsUnusable({ program: 'skydns', mistakes: mistakes.map(({ message }) => message) });
  }
  return { kind: 'run', options: values, given };
}

/** What the options say about DNS; the store's own configuration is laid over it later. */
export function dnsConfigOf(options: Options, nameservers: readonly string[]): DnsConfig {
  return {
    ...defaultDnsConfig,
    listen: options.addr,
    domain: parseDomain(options.domain) ?? defaultDnsConfig.domain,
    nameservers: options.nameservers.length > 0 ? options.nameservers : nameservers,
    noForwarding: options.noRec,
    hostmaster: parseMailbox(options.hostmaster) ?? '',
    local: parseName(options.local) ?? '',
    roundRobin: options.roundRobin,
    rotateNameservers: options.nsRotate,
    readTimeout: options.rtimeout <= 0 ? seconds(2) : options.rtimeout,
    minLabels: options.ndots,
    cacheSize: Math.max(0, options.rcache),
    forwardedTtl: options.rcacheTtl,
  };
}

/**
 * The servers of a resolv.conf.
 *
 * @param own addresses that we answer at ourselves: forwarding to one of them would never end
 */
export function nameserversIn(resolvConf: string, own: ReadonlySet<string>): string[] {
  return resolvConf
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((address) => parseEndpoint(printEndpoint(address, 53)) !== undefined && !own.has(address))
    .map((address) => printEndpoint(address, 53));
}
