/**
 * The settings of DNS itself, each described once: flag, environment, member of `/skydns/config`, default and check come
 * from its line here. @see skydns.md 2
 */
import {
  duration,
  fromNames,
  list,
  namesOf,
  type Particulars,
  presets,
  readSettings,
  type Setting,
  text,
  type Values,
  whole,
  yesNo,
} from '../base/settings.ts';
import { type Millis, ms, seconds } from '../base/time.ts';
import { parseEndpoint } from '../records/address.ts';
import { lowerName, parseName } from '../records/name.ts';

/** A text that is read into the one spelling that the rest of the program knows. */
const spelled =
  (type: string, expected: string, parse: (written: string) => string | undefined) =>
  (preset: string, help: string, particulars: Particulars<string> = {}): Setting<string> => ({
    ...text(preset, help, particulars),
    type,
    parse: (written) => {
      const value = parse(written);
      return value === undefined ? { expected } : { value };
    },
  });

/** @returns undefined when the text is no domain name; the root is one */
function parseDomain(written: string): string | undefined {
  const name = parseName(written);
  return name === undefined ? undefined : lowerName(name);
}

/** A mailbox in either notation, as the name that a SOA carries. */
const parseMailbox = (written: string): string | undefined => parseName(written.replace('@', '.'));
const domainName = spelled('domain name', 'a domain name', parseDomain);
const hostName = spelled('domain name', 'a domain name', parseName);
const mailbox = spelled('mail address', 'a mail address', parseMailbox);

const isEndpoint = (written: string) => (parseEndpoint(written) === undefined ? '<ip>:<port>' : undefined);
const areEndpoints = (written: readonly string[]) =>
  written.every((one) => parseEndpoint(one) !== undefined) ? undefined : 'a comma-separated list of <ip>:<port>';
const upTo = (most: number) => (value: number) =>
  value >= 0 && value <= most ? undefined : `a whole number from 0 to ${most}`;

/** A TTL with its highest bit set counts as none. @see RFC 2181 section 8 */
export const longestTtl = 0x7fff_ffff;

export const dnsSettings = {
  listen: text('127.0.0.1:53', 'Where to answer, over UDP and TCP.', {
    name: 'dns_addr',
    flag: 'addr',
    env: 'SKYDNS_ADDR',
    check: isEndpoint,
  }),
  domain: {
    ...domainName('skydns.local', 'The zone to answer for.', { env: 'SKYDNS_DOMAIN' }),
    print: (name: string) => `${name}.`,
  },
  nameservers: list([], 'Servers for everything else, `<ip>:<port>` each; those of /etc/resolv.conf when empty.', {
    env: 'SKYDNS_NAMESERVERS',
    check: areEndpoints,
  }),
  noForwarding: yesNo(false, 'Never forward a question.', { name: 'no_rec' }),
  hostmaster: mailbox('', 'Mail address for the SOA; hostmaster at the domain when empty.'),
  local: hostName('', 'The name that local.dns.<domain> stands for.'),
  roundRobin: yesNo(true, 'Answer with addresses in a new order every time.'),
  rotateNameservers: yesNo(true, 'Spread forwarded questions over the name servers.', { name: 'ns_rotate' }),
  readTimeout: duration(seconds(2), 'How long one name server may take; whole nanoseconds in JSON.', {
    name: 'read_timeout',
    flag: 'rtimeout',
  }),
  priority: whole(10, 'Priority of SRV and MX answers whose record has none.', { check: upTo(65_535) }),
  ttl: whole(3_600, 'Seconds that answers may be kept whose record says nothing, and the SOA.', {
    check: upTo(longestTtl),
  }),
  negativeTtl: whole(60, 'Seconds that a denial may be kept.', { name: 'min_ttl', check: upTo(longestTtl) }),
  cacheSize: whole(0, "Other servers' answers to keep; 0 keeps none. Own answers are remembered until they change.", {
    name: 'rcache',
  }),
  forwardedTtl: whole(60, 'Seconds that these are kept, and the TTL of what other servers add to own answers.', {
    name: 'rcache_ttl',
    check: upTo(longestTtl),
  }),
  signatureCache: whole(10_000, 'Accepted, without effect: there are no signatures to keep.', { name: 'scache' }),
  minLabels: whole(2, 'Labels that a name must have to be forwarded; `ndots` in JSON, too.', {
    name: 'ndot',
    flag: 'ndots',
    env: 'SKYDNS_NDOTS',
    check: upTo(127),
  }),
  dnssec: text('', 'Accepted with a warning: answers are not signed.'),
  systemd: yesNo(false, 'Take the listening sockets from systemd instead of opening them.', { env: 'SKYDNS_SYSTEMD' }),
};

/** Names are without their final dot, the domain in lower case; endpoints are `<ip>:<port>`; TTLs count seconds. */
export type DnsConfig = Values<typeof dnsSettings>;

export const defaultDnsConfig: DnsConfig = presets(dnsSettings);

/** Settings of which 0 makes no sense: it says that nothing is said. */
const zeroSaysNothing: ReadonlySet<string> = new Set([
  'ttl',
  'min_ttl',
  'priority',
  'rcache_ttl',
  'read_timeout',
  'ndot',
]);

/** Whether a source says nothing about a setting by what it writes there. */
export const saysNothing = (name: string, written: string): boolean =>
  written === '' || (zeroSaysNothing.has(name) && /^0(?:[a-zµμ]+)?$/.test(written));

/** Cache sizes below zero keep nothing. */
export const atLeastNothing = <Config extends Pick<DnsConfig, 'cacheSize' | 'signatureCache'>>(config: Config) => ({
  ...config,
  cacheSize: Math.max(0, config.cacheSize),
  signatureCache: Math.max(0, config.signatureCache),
});

export const hostmasterOf = ({ hostmaster, domain }: DnsConfig): string =>
  hostmaster !== '' ? hostmaster : domain === '' ? 'hostmaster' : `hostmaster.${domain}`;

/** Keys of `dnsSettings` by member of the JSON, which is matched without regard to case. */
const keyOfMember: ReadonlyMap<string, keyof DnsConfig> = new Map([
  ...Object.keys(dnsSettings).map((key) => [namesOf(dnsSettings, key).name, key as keyof DnsConfig] as const),
  // What documents say, though SkyDNS itself reads only `ndot`.
  ['ndots', 'minLabels'],
]);

/**
 * Lays the JSON of `/skydns/config` over a configuration. Members that are present win even when they are false or 0,
 * save those for which 0 makes no sense; unknown members are ignored.
 */
export function overlayConfig(
  base: DnsConfig,
  json: string,
): { readonly config: DnsConfig } | { readonly mistake: string } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { mistake: 'the value is not JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { mistake: 'the value is not a JSON object' };
  }
  const texts = new Map<string, string>();
  const mistakes: string[] = [];
  /** A list that is empty is not the same as one that is not given. */
  const emptied: Partial<DnsConfig> = {};
  for (const [member, written] of Object.entries(value)) {
    const key = keyOfMember.get(member.toLowerCase());
    if (key === undefined || written === null) continue;
    const { name } = namesOf(dnsSettings, key);
    const read = textOf(key, written);
    if (read === undefined) mistakes.push(`${member} must be ${kindOf(key)}`);
    else if (key === 'nameservers' && read === '') Object.assign(emptied, { nameservers: [] });
    else if (!saysNothing(name, read)) texts.set(name, read);
  }
  const { values, given, mistakes: unread } = readSettings(dnsSettings, [fromNames('the value', texts)]);
  mistakes.push(...unread.map(({ message }) => message));
  if (mistakes.length > 0) return { mistake: mistakes.join('; ') };
  const said = Object.fromEntries(Object.entries(values).filter(([key]) => given.has(key)));
  return { config: atLeastNothing({ ...base, ...said, ...emptied }) };
}

/** A member's value as the text that flags would have. @returns undefined when it is of the wrong kind */
function textOf(key: keyof DnsConfig, written: unknown): string | undefined {
  const preset = defaultDnsConfig[key];
  if (Array.isArray(preset)) {
    const isList = Array.isArray(written) && written.every((item) => typeof item === 'string' && item !== '');
    return isList ? written.join(',') : undefined;
  }
  if (typeof written !== typeof preset || (typeof written === 'number' && !Number.isInteger(written))) return undefined;
  if (key === 'readTimeout') return written === 0 ? '0' : `${written}ns`;
  // Go listens on every address for this; flags may not say it, the JSON was never checked.
  if (key === 'listen') return String(written).replace(/^:(?=\d)/, '0.0.0.0:');
  return String(written);
}

function kindOf(key: keyof DnsConfig): string {
  const preset = defaultDnsConfig[key];
  if (typeof preset === 'boolean') return 'true or false';
  if (typeof preset === 'number') return 'a whole number';
  return typeof preset === 'string' ? 'text' : 'a list of texts';
}

/** What is left of `duration` at `now` in whole seconds, never less than none. */
export const secondsUntil = (instant: Millis, now: Millis): number => Math.max(0, Math.ceil(ms(instant - now) / 1_000));
