/** What the server was told: its settings in one shape, and the JSON in the store laid over them. @see skydns.md 2 */
import { type Millis, ms, seconds } from '../base/time.ts';
import { parseEndpoint } from '../records/address.ts';
import { lowerName, parseName } from '../records/name.ts';

export interface DnsConfig {
  /** `<ip>:<port>` to listen on. */
  readonly listen: string;
  /** The zone we answer for, in lower case. */
  readonly domain: string;
  /** `<ip>:<port>` of the servers that everything else is forwarded to. */
  readonly nameservers: readonly string[];
  /** Refuses to forward. */
  readonly noForwarding: boolean;
  /** A mailbox as a name; empty derives it from the domain. */
  readonly hostmaster: string;
  /** The name that `local.dns.<domain>` stands for; empty for none. */
  readonly local: string;
  readonly roundRobin: boolean;
  /** Chooses the first upstream server by the query's id, else always starts with the first. */
  readonly rotateNameservers: boolean;
  /** How long one upstream server may take. */
  readonly readTimeout: Millis;
  /** Of SRV and MX answers whose record has none. */
  readonly priority: number;
  /** Seconds; of records without one of their own. */
  readonly ttl: number;
  /** Seconds; of negative answers. */
  readonly negativeTtl: number;
  /** Messages of other servers kept for `forwardedTtl`; 0 keeps none. */
  readonly cacheSize: number;
  /** Seconds; also of what other servers said about targets of ours. */
  readonly forwardedTtl: number;
  /** Labels that a name must have to be forwarded. */
  readonly minLabels: number;
}

export const defaultDnsConfig: DnsConfig = {
  listen: '127.0.0.1:53',
  domain: 'skydns.local',
  nameservers: [],
  noForwarding: false,
  hostmaster: '',
  local: '',
  roundRobin: true,
  rotateNameservers: true,
  readTimeout: seconds(2),
  priority: 10,
  ttl: 3_600,
  negativeTtl: 60,
  cacheSize: 0,
  forwardedTtl: 60,
  minLabels: 2,
};

/** @returns undefined when the text is no domain name; the root is one */
export function parseDomain(text: string): string | undefined {
  const name = parseName(text);
  return name === undefined ? undefined : lowerName(name);
}

/** A mailbox in either notation, as the name that a SOA carries. */
export const parseMailbox = (text: string): string | undefined => parseName(text.replace('@', '.'));

export const hostmasterOf = ({ hostmaster, domain }: DnsConfig): string =>
  hostmaster !== '' ? hostmaster : domain === '' ? 'hostmaster' : `hostmaster.${domain}`;

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
  const config: Record<string, unknown> = { ...base };
  const mistakes: string[] = [];
  for (const [name, written] of Object.entries(value)) {
    const member = members[name.toLowerCase()];
    if (member === undefined || written === null) continue;
    const read = member.read(written);
    if (read === undefined) mistakes.push(`${name} must be ${member.expected}`);
    else if (!(member.zeroIsUnset && (read === 0 || read === ''))) config[member.key] = read;
  }
  if (mistakes.length > 0) return { mistake: mistakes.join('; ') };
  return { config: config as unknown as DnsConfig };
}

interface Member {
  readonly key: keyof DnsConfig;
  readonly expected: string;
  readonly zeroIsUnset: boolean;
  /** @returns undefined when the member is of the wrong kind */
  read(written: unknown): unknown;
}

const textual = (key: keyof DnsConfig, expected: string, parse: (text: string) => string | undefined): Member => ({
  key,
  expected,
  zeroIsUnset: true,
  read: (written) => (typeof written === 'string' ? parse(written) : undefined),
});
const flag = (key: keyof DnsConfig): Member => ({
  key,
  expected: 'true or false',
  zeroIsUnset: false,
  read: (written) => (typeof written === 'boolean' ? written : undefined),
});
const count = (key: keyof DnsConfig, zeroIsUnset: boolean, scale = 1): Member => ({
  key,
  expected: 'a whole number',
  zeroIsUnset,
  read: (written) => (Number.isInteger(written) ? Math.max(0, Number(written) * scale) : undefined),
});
const endpoints: Member = {
  key: 'nameservers',
  expected: 'a list of <ip>:<port>',
  zeroIsUnset: false,
  read: (written) =>
    Array.isArray(written) && written.every((item) => typeof item === 'string' && parseEndpoint(item) !== undefined)
      ? written
      : undefined,
};

const millisPerNanosecond = 1e-6;

const members: Readonly<Record<string, Member>> = {
  dns_addr: textual('listen', '<ip>:<port>', (text) => (parseEndpoint(text) === undefined ? undefined : text)),
  domain: textual('domain', 'a domain name', parseDomain),
  nameservers: endpoints,
  no_rec: flag('noForwarding'),
  hostmaster: textual('hostmaster', 'a mail address', parseMailbox),
  local: textual('local', 'a domain name', parseName),
  round_robin: flag('roundRobin'),
  ns_rotate: flag('rotateNameservers'),
  read_timeout: count('readTimeout', true, millisPerNanosecond),
  priority: count('priority', true),
  ttl: count('ttl', true),
  min_ttl: count('negativeTtl', true),
  rcache: count('cacheSize', false),
  rcache_ttl: count('forwardedTtl', true),
  ndot: count('minLabels', true),
  ndots: count('minLabels', true),
};

/** What is left of `duration` at `now` in whole seconds, never less than none. */
export const secondsUntil = (instant: Millis, now: Millis): number => Math.max(0, Math.ceil(ms(instant - now) / 1_000));
