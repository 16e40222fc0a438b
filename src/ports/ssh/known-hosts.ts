/** The known_hosts file: its lines, and which of them speak about a host. @see fleet.md 7.7 */
import { createHash } from 'node:crypto';

/** A host's public key, as SSH sends it. */
export interface HostKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` … */
  readonly type: string;
  readonly blob: Buffer;
}

export interface KnownHost {
  /** Comma-separated patterns, as written. */
  readonly hosts: string;
  readonly key: HostKey;
}

export interface KnownHosts {
  readonly entries: readonly KnownHost[];
  /** Lines that could not be used: `<line> - <why>`. */
  readonly skipped: readonly { readonly line: number; readonly why: string }[];
}

/** Reads known_hosts. Comments and blank lines say nothing; what is not understood is skipped and told. */
export function parseKnownHosts(text: string): KnownHosts {
  const entries: KnownHost[] = [];
  const skipped: { line: number; why: string }[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const parsed = parseLine(line.trim());
    if (parsed === undefined) continue;
    if (typeof parsed === 'string') skipped.push({ line: index + 1, why: parsed });
    else entries.push(parsed);
  }
  return { entries, skipped };
}

/** @returns nothing for a line that says nothing, and a text that says why a line cannot be used */
function parseLine(line: string): KnownHost | string | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  if (line.startsWith('@')) return 'marker functionality not implemented';
  if (line.startsWith('|')) return 'hashed hostnames not implemented';
  const [hosts = '', type, base64] = line.split(/\s+/);
  if (type === undefined || base64 === undefined) return 'bad format (insufficient fields)';
  const blob = Buffer.from(base64, 'base64');
  const key = hostKey(blob);
  if (key === undefined || key.type !== type) return 'error parsing key: not a public key of the type before it';
  return { hosts, key };
}

/** @returns undefined when these bytes are no public key */
export function hostKey(blob: Buffer): HostKey | undefined {
  if (blob.length < 5) return undefined;
  const length = blob.readUInt32BE(0);
  if (length === 0 || blob.length < 4 + length) return undefined;
  return { type: blob.toString('latin1', 4, 4 + length), blob };
}

export const printKnownHost = ({ hosts, key }: KnownHost): string =>
  `${hosts} ${key.type} ${key.blob.toString('base64')}\n`;

/** The keys stored for a host. */
export const keysFor = (entries: readonly KnownHost[], host: string): readonly HostKey[] =>
  entries.filter(({ hosts }) => matchHosts(hosts, host)).map(({ key }) => key);

/** Some pattern matches, and no negated one does. */
function matchHosts(patterns: string, host: string): boolean {
  let matched = false;
  for (const pattern of patterns.split(',')) {
    if (pattern.startsWith('!')) {
      if (matchPattern(pattern.slice(1), host)) return false;
    } else {
      matched ||= matchPattern(pattern, host);
    }
  }
  return matched;
}

/** `*` is any text and `?` any character; unlike in globs, brackets are themselves, since they surround addresses. */
function matchPattern(pattern: string, host: string): boolean {
  const escaped = pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('\\*', '.*').replaceAll('\\?', '.')}$`, 'i').test(host);
}

/** What a host is called in the file: the bare address at port 22 (an IPv6 one in brackets), `[address]:port` else. */
export const knownAs = (address: string, port: number): string =>
  port === 22 ? (address.includes(':') ? `[${address}]` : address) : `[${address}]:${port}`;

/** As people are told about a key: `RSA`, `DSA`, `ECDSA`, or the type itself. */
export function algorithmName({ type }: HostKey): string {
  if (type === 'ssh-rsa') return 'RSA';
  if (type === 'ssh-dss') return 'DSA';
  return type.startsWith('ecdsa-sha2-') ? 'ECDSA' : type;
}

/** MD5 over the key, as colon-separated hex. */
export const fingerprint = ({ blob }: HostKey): string =>
  (createHash('md5').update(blob).digest('hex').match(/../g) ?? []).join(':');

export const sameKey = (a: HostKey, b: HostKey): boolean => a.type === b.type && a.blob.equals(b.blob);
